"""SevenNet on one CPU thread: equal to its stock calculator to float32 rounding, and several times faster.

The convolution of SevenNet is  out[i] = sum_j w_ij * (x_j (x) Y_ij),  one row of thousands of numbers per edge, which
e3nn's TensorProduct writes to memory and reads back several times.  Here the product and the sum over the neighbours
are one compiled loop whose rows stay in the cache.  Three further savings change no result: each pair of atoms is kept
once, as i-j and j-i share one radial network; no gradient of a model parameter is computed; nothing is compiled by
TorchScript, whose warm-up costs more than the evaluation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, ClassVar

import e3nn
import numpy as np
import sevenn.util
import torch
from ase import Atoms
from ase.calculators.calculator import Calculator, PropertyNotImplementedError, all_changes
from e3nn.math import _normalize_activation
from e3nn.o3 import FullTensorProduct, Irreps, TensorProduct, wigner_3j
from llvmlite import ir
from matscipy.neighbours import neighbour_list
from numba import njit
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.extending import intrinsic, register_model
from sevenn import _keys as keys
from sevenn import model_build
from sevenn.nn.convolution import IrrepsConvolution, IrrepsScatterGatterFusedConvolution
from sevenn.nn.sequential import AtomGraphSequential
from sevenn.scripts.backward_compatibility import patch_state_dict_if_old

# Two AVX2 registers.  Channel numbers must be multiples of it; SevenNet's are 32, 64 and 128.
LANES = 16
_VECTOR = ir.VectorType(ir.FloatType(), LANES)
_FAST = ("fast",)
_JIT: dict[str, Any] = {"fastmath": True, "boundscheck": False, "error_model": "numpy", "cache": True}
# Unsigned indices, so that numba emits no test for negative ones.
_U = np.uintp
_ZERO = np.float32(0.0)


# --- a SIMD vector inside numba: plain loops here defeat LLVM's vectoriser (too many arrays that may overlap) ---


class _LanesType(types.Type):
    """LANES float32 numbers in registers."""


@register_model(_LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, frontend_type: Any) -> None:
        super().__init__(manager, frontend_type, _VECTOR)


_lanes = _LanesType(f"float32x{LANES}")


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


@intrinsic
def _load(typing_context, array, index):  # type: ignore[no-untyped-def]
    """Read array[index : index + LANES]."""

    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.load(_address(context, builder, signature.args[0], *args), align=4)

    return _lanes(array, types.uintp), emit


@intrinsic
def _store(typing_context, array, index, vector):  # type: ignore[no-untyped-def]
    """Write array[index : index + LANES] = vector."""

    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        builder.store(args[2], _address(context, builder, signature.args[0], *args[:2]), align=4)
        return context.get_dummy_value()

    return types.void(array, types.uintp, _lanes), emit


@intrinsic
def _splat(typing_context, number):  # type: ignore[no-untyped-def]
    """The number in every lane."""

    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), args[0], ir.IntType(32)(0))
        return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), None))

    return _lanes(types.float32), emit


@intrinsic
def _multiply_add(typing_context, a, b, c):  # type: ignore[no-untyped-def]
    """Return a * b + c."""

    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.fadd(builder.fmul(args[0], args[1], flags=_FAST), args[2], flags=_FAST)

    return _lanes(_lanes, _lanes, _lanes), emit


@intrinsic
def _total(typing_context, vector):  # type: ignore[no-untyped-def]
    """The sum of the lanes."""

    def emit(context, builder, signature, args):  # type: ignore[no-untyped-def]
        kind = ir.FunctionType(ir.FloatType(), (ir.FloatType(), _VECTOR))
        reduce = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fadd.v{LANES}f32")
        return builder.call(reduce, [ir.Constant(ir.FloatType(), 0.0), args[0]], fastmath=_FAST)

    return types.float32(_lanes), emit


# --- the two kernels; all arrays are flat, `sizes` are the row lengths of x, coupling, weight and out ---


@njit(**_JIT)
def _offsets(edges, e, path, sizes):  # type: ignore[no-untyped-def]
    """First element of this edge and path in x, coupling, weight and out, and the sign of its mirror image."""
    sign = np.float32(-1.0) if edges[3, e] and path[7] else np.float32(1.0)
    i_x, i_coupling = edges[0, e] * sizes[0] + path[3], edges[2, e] * sizes[1] + path[6]
    i_weight, i_out = edges[2, e] * sizes[2] + path[5], edges[1, e] * sizes[3] + path[4]
    return i_x, i_coupling, i_weight, i_out, sign


@njit(**_JIT)
def _forward(x, coupling, weight, edges, paths, sizes, out):  # type: ignore[no-untyped-def]
    """out[k,u] += w[u] * sum_m C[k,m] x[m,u]  for each edge and path."""
    for e in range(edges.shape[1]):
        for p in range(len(paths)):
            mul, d1, d3 = paths[p, 0], paths[p, 1], paths[p, 2]
            ix, ic, iw, io, sign = _offsets(edges, e, paths[p], sizes)
            for u in range(_U(0), mul, _U(LANES)):
                w = _multiply_add(_splat(sign), _load(weight, iw + u), _splat(_ZERO))
                for k in range(d3):
                    total = _splat(_ZERO)
                    for m in range(d1):
                        total = _multiply_add(_splat(coupling[ic + k * d1 + m]), _load(x, ix + m * mul + u), total)
                    row = io + k * mul + u
                    _store(out, row, _multiply_add(w, total, _load(out, row)))


@njit(**_JIT)
def _backward(grad, x, coupling, weight, edges, paths, sizes, grad_x, grad_coupling, grad_weight):  # type: ignore[no-untyped-def]
    """Gradients of _forward for the gradient g of out, for each edge and path.

    With t[m,u] = sum_k C[k,m] g[k,u]:  gx[m,u] += w[u] t[m,u],  gw[u] += sum_m x[m,u] t[m,u]  and
    gC[k,m] += sum_u w[u] x[m,u] g[k,u].
    """
    sums = np.empty(paths[:, 1].max() * paths[:, 2].max() * _U(LANES), np.float32)
    for e in range(edges.shape[1]):
        for p in range(len(paths)):
            mul, d1, d3 = paths[p, 0], paths[p, 1], paths[p, 2]
            ix, ic, iw, ig, sign = _offsets(edges, e, paths[p], sizes)
            for j in range(d1 * d3):
                _store(sums, j * _U(LANES), _splat(_ZERO))
            for u in range(_U(0), mul, _U(LANES)):
                w = _multiply_add(_splat(sign), _load(weight, iw + u), _splat(_ZERO))
                gw = _splat(_ZERO)
                for m in range(d1):
                    row = ix + m * mul + u
                    xm = _load(x, row)
                    wx, t = _multiply_add(w, xm, _splat(_ZERO)), _splat(_ZERO)
                    for k in range(d3):
                        j, g = k * d1 + m, _load(grad, ig + k * mul + u)
                        t = _multiply_add(_splat(coupling[ic + j]), g, t)
                        _store(sums, j * _U(LANES), _multiply_add(wx, g, _load(sums, j * _U(LANES))))
                    gw = _multiply_add(xm, t, gw)
                    _store(grad_x, row, _multiply_add(w, t, _load(grad_x, row)))
                _store(grad_weight, iw + u, _multiply_add(_splat(sign), gw, _load(grad_weight, iw + u)))
            for j in range(d1 * d3):
                grad_coupling[ic + j] += _total(_load(sums, j * _U(LANES)))


# --- the tensor product as a torch module ---


@dataclass(frozen=True)
class Layout:
    """Where the paths of a tensor product lie in rows whose irreps are stored as (d, mul), the channel fastest.

    ``paths`` has one row (mul, d1, d3, x0, out0, weight0, coupling0, odd) per instruction; ``to_x`` and ``to_out``
    take a row in e3nn's (mul, d) order to ours, ``from_x`` and ``from_out`` back.
    """

    paths: np.ndarray
    to_x: torch.Tensor
    from_x: torch.Tensor
    to_out: torch.Tensor
    from_out: torch.Tensor


def _channel_fastest(irreps: Irreps) -> torch.Tensor:
    """Index (dim,) that takes each (mul, d) block of e3nn to (d, mul)."""
    blocks = zip(irreps, irreps.slices(), strict=True)
    return torch.cat([torch.arange(s.start, s.stop).reshape(mul, ir.dim).T.flatten() for (mul, ir), s in blocks])


def _layout(product: TensorProduct) -> Layout:
    """Offsets of every path; weights and couplings lie in the order of the instructions."""
    in1, in2, out = product.irreps_in1, product.irreps_in2, product.irreps_out
    rows, weight0, coupling0 = [], 0, 0
    for step in product.instructions:
        (mul, ir1), ir2, ir3 = in1[step.i_in1], in2[step.i_in2].ir, out[step.i_out].ir
        starts = in1.slices()[step.i_in1].start, out.slices()[step.i_out].start
        rows.append((mul, ir1.dim, ir3.dim, *starts, weight0, coupling0, ir2.l % 2))
        weight0, coupling0 = weight0 + mul, coupling0 + ir1.dim * ir3.dim
    to_x, to_out = _channel_fastest(in1), _channel_fastest(out)
    return Layout(np.array(rows, dtype=_U), to_x, to_x.argsort(), to_out, to_out.argsort())


def _coupling_table(product: TensorProduct) -> torch.Tensor:
    """Matrix (filter dim, sum of d3 d1) that takes the harmonics Y to the couplings of all paths.

    They are C[k,m] = a sum_n w3j[m,n,k] Y[n], where a is e3nn's path normalisation.
    """
    in1, in2, out = product.irreps_in1, product.irreps_in2, product.irreps_out
    columns = []
    for step in product.instructions:
        ir1, ir2, ir3 = in1[step.i_in1].ir, in2[step.i_in2].ir, out[step.i_out].ir
        block = torch.zeros(in2.dim, ir3.dim * ir1.dim)
        w3j = wigner_3j(ir1.l, ir2.l, ir3.l, dtype=torch.float32).permute(1, 2, 0)
        block[in2.slices()[step.i_in2]] = step.path_weight * w3j.flatten(1)
        columns.append(block)
    return torch.cat(columns, dim=1)


def _check_supported(product: TensorProduct) -> None:
    for step in product.instructions:
        if step.connection_mode != "uvu" or not step.has_weight or product.irreps_in2[step.i_in2].mul != 1:
            raise ValueError("Only weighted 'uvu' instructions with a filter of multiplicity one are supported.")
        if product.irreps_in1[step.i_in1].mul % LANES:
            raise ValueError(f"The number of channels of every irrep must be a multiple of {LANES}.")


def _directed_edges(source: torch.Tensor, target: torch.Tensor, *, mirrored: bool) -> np.ndarray:
    """Rows (source, target, row of filter and weight, is mirror image) of all edges.

    They are sorted by target, whose output row then stays in the cache; with ``mirrored``, every edge also occurs
    from target to source.
    """
    first, second = source.numpy(), target.numpy()
    row, image = np.arange(len(first)), np.zeros(len(first), dtype=np.intp)
    edges = np.stack([first, second, row, image])
    if mirrored:
        edges = np.concatenate([edges, np.stack([second, first, row, image + 1])], axis=1)
    return np.ascontiguousarray(edges[:, np.argsort(edges[1], kind="stable")], dtype=_U)


def _flat(tensor: torch.Tensor) -> np.ndarray:
    """The tensor's own memory as a flat numpy array."""
    return tensor.detach().numpy().reshape(-1)


class _Convolve(torch.autograd.Function):
    """out (N, dim out) from x (N, dim x), coupling (E, couplings) and weight (E, weights)."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, coupling: torch.Tensor, weight: torch.Tensor, layout: Layout, edges: np.ndarray
    ) -> torch.Tensor:
        rows, coupling, weight = x.index_select(1, layout.to_x), coupling.contiguous(), weight.contiguous()
        out = x.new_zeros(len(x), len(layout.to_out))
        ctx.sizes = np.array([rows.shape[1], coupling.shape[1], weight.shape[1], out.shape[1]], dtype=_U)
        ctx.layout, ctx.edges = layout, edges
        ctx.save_for_backward(rows, coupling, weight)
        _forward(_flat(rows), _flat(coupling), _flat(weight), edges, layout.paths, ctx.sizes, _flat(out))
        return out.index_select(1, layout.from_out)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        inputs, layout = ctx.saved_tensors, ctx.layout
        grads = [torch.zeros_like(tensor) for tensor in inputs]
        arrays = [_flat(tensor) for tensor in (grad.index_select(1, layout.to_out), *inputs)]
        _backward(*arrays, ctx.edges, layout.paths, ctx.sizes, *[_flat(tensor) for tensor in grads])
        return grads[0].index_select(1, layout.from_x), grads[1], grads[2], None, None


class FusedTensorProduct(torch.nn.Module):
    """out[target] += w[e] * (x[source] (x) Y[e]) over all edges, for float32 tensors on the CPU.

    Takes the arguments of e3nn's TensorProduct and fits SevenNet's slot for fused convolutions.  With ``mirrored``,
    edge e also stands for its reverse, whose weights are the same and whose harmonics are (-1)^l Y[e].
    """

    def __init__(
        self,
        irreps_in1: Irreps,
        irreps_in2: Irreps,
        irreps_out: Irreps,
        instructions: list[tuple[Any, ...]],
        *,
        shared_weights: bool = False,
        internal_weights: bool = False,
        mirrored: bool = False,
    ) -> None:
        super().__init__()
        # e3nn's own class supplies the normalisation; it generates no code with compile_left_right=False.
        product = TensorProduct(
            irreps_in1,
            irreps_in2,
            irreps_out,
            instructions,
            shared_weights=shared_weights,
            internal_weights=internal_weights,
            compile_left_right=False,
        )
        _check_supported(product)
        self.mirrored, self.layout, self.table = mirrored, _layout(product), _coupling_table(product)

    def forward(
        self,
        x: torch.Tensor,
        edge_filter: torch.Tensor,
        weight: torch.Tensor,
        edge_src: torch.Tensor,
        edge_dst: torch.Tensor,
    ) -> torch.Tensor:
        """From x (N, dim x), edge_filter (E, dim filter), weight (E, weights), indices (E,) to (N, dim out)."""
        edges = _directed_edges(edge_src, edge_dst, mirrored=self.mirrored)
        out: torch.Tensor = _Convolve.apply(x, edge_filter @ self.table, weight, self.layout, edges)  # type: ignore[no-untyped-call]
        return out


# --- the model and its calculator ---


def _fuse(layers: OrderedDict[str, Any]) -> OrderedDict[str, Any]:
    """Replace the convolutions among the layers of a model before they are instantiated."""
    for key, layer in layers.items():
        if isinstance(layer, IrrepsConvolution):
            layers[key] = IrrepsScatterGatterFusedConvolution.from_irreps_convolution(layer)
            layers[key].convolution_cls = partial(FusedTensorProduct, mirrored=True)
    return layers


@contextmanager
def _eager_and_fused() -> Iterator[None]:
    """Build models with the fused convolution, without TorchScript and without waste; global settings are put back.

    e3nn draws a million random numbers for the norm of every activation, and SevenNet builds whole tensor products
    only to read their output irreps: the first is remembered, the second generates no code.
    """
    settings = e3nn.get_optimization_defaults()
    patch_modules = model_build.patch_modules
    replaced = [
        (model_build, "patch_modules", lambda layers, config: _fuse(patch_modules(layers, config))),
        (sevenn.util, "FullTensorProduct", partial(FullTensorProduct, compile_left_right=False)),
        (_normalize_activation, "moment", cache(_normalize_activation.moment)),
    ]
    originals = [(module, name, getattr(module, name)) for module, name, _ in replaced]
    try:
        e3nn.set_optimization_defaults(jit_script_fx=False, optimize_einsums=False)
        for module, name, value in replaced:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in originals:
            setattr(module, name, value)
        e3nn.set_optimization_defaults(**settings)


def load_fused_model(model: str, modal: str | None = None) -> AtomGraphSequential:
    """The checkpoint's model (a name such as '7net-0' or a path) with the fused convolution, ready for evaluation.

    ``modal`` is the fidelity of a checkpoint that has several.
    """
    checkpoint = sevenn.util.load_checkpoint(model)
    config = checkpoint.config
    modals = config[keys.MODAL_MAP] if config.get(keys.USE_MODALITY, False) else {}
    if modal not in (modals or {None: 0}):
        raise ValueError(f"{model} has no modal {modal}; it has {', '.join(modals) or 'none'}.")
    with _eager_and_fused():
        fused = model_build.build_E3_equivariant_model(config)
    state = patch_state_dict_if_old(checkpoint.model_state_dict, config, fused)
    # The stock product stores Wigner symbols, which are constants and not part of the fused model.
    fused.load_state_dict({key: value for key, value in state.items() if "_convolution.convolution." not in key})
    fused.set_is_batch_data(flag=False)
    if modal is not None:
        fused.prepare_modal_deploy(modal)  # the modal becomes a layer, so that no input has to name it
    return fused.eval().requires_grad_(requires_grad=False)


def half_graph(atoms: Atoms, cutoff: float) -> dict[str, torch.Tensor]:
    """SevenNet's input with each pair of atoms once: i < j, or a periodic image of i itself in one half space."""
    first, second, vector, shift = neighbour_list(
        "ijDS", pbc=atoms.pbc, cell=atoms.cell.complete(), positions=atoms.positions, cutoff=cutoff
    )
    leading = shift[np.arange(len(shift)), (shift != 0).argmax(axis=1)]
    keep = (first < second) | ((first == second) & (leading > 0))
    numbers = torch.as_tensor(atoms.numbers, dtype=torch.int64)
    return {
        keys.NODE_FEATURE: numbers,
        keys.ATOMIC_NUMBERS: numbers,
        keys.EDGE_IDX: torch.as_tensor(np.stack([first[keep], second[keep]]), dtype=torch.int64),
        keys.EDGE_VEC: torch.as_tensor(vector[keep], dtype=torch.float32),
        keys.CELL_VOLUME: torch.tensor(atoms.cell.volume, dtype=torch.float32),
        keys.NUM_ATOMS: torch.tensor(len(atoms)),
    }


class FusedSevenNetCalculator(Calculator):
    """ASE calculator of a model of :func:`load_fused_model`: energies in eV, forces in eV/Å, stress in eV/Å³."""

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "energies", "forces", "stress"]

    def __init__(self, model: AtomGraphSequential, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model

    def calculate(
        self, atoms: Atoms | None = None, properties: list[str] | None = None, system_changes: list[str] = all_changes
    ) -> None:
        """Evaluate the model; all properties come at once."""
        super().calculate(atoms, properties, system_changes)
        unknown = {atom.symbol for atom in self.atoms if atom.number not in self.model.type_map}
        if unknown:
            raise PropertyNotImplementedError(f"The model does not know {', '.join(sorted(unknown))}.")
        output = self.model(half_graph(self.atoms, self.model.cutoff))
        energy = output[keys.PRED_TOTAL_ENERGY].item()
        self.results = {
            "energy": energy,
            "free_energy": energy,
            "energies": output[keys.ATOMIC_ENERGY].detach().numpy().flatten(),
            "forces": output[keys.PRED_FORCE].numpy(),
            # SevenNet: minus the stress as xx, yy, zz, xy, yz, zx; ASE: xx, yy, zz, yz, zx, xy.
            "stress": -output[keys.PRED_STRESS].detach().numpy()[[0, 1, 2, 4, 5, 3]],
        }


def fast_sevennet_calculator(model: str = "7net-0", modal: str | None = None) -> FusedSevenNetCalculator:
    """Calculator of a SevenNet checkpoint by name or path; threads are left to the caller (one is best)."""
    return FusedSevenNetCalculator(load_fused_model(model, modal))
