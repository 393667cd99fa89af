"""Laws of the fused SevenNet convolution and of its calculator."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sevenn")
pytest.importorskip("numba")

from ase import Atoms  # noqa: E402
from ase.build import bulk, molecule  # noqa: E402
from e3nn.o3 import Irreps, TensorProduct  # noqa: E402

from nzsp_surfaces.engines.ase.sevennet_cpu import (  # noqa: E402
    FusedTensorProduct,
    fast_sevennet_calculator,
    half_graph,
)

X = Irreps("32x0e+16x1e+16x2e+32x1o+16x3o")
FILTER = Irreps("1x0e+1x1o+1x2e+1x3o")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Pin torch to one thread, as the workers do."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def uvu(irreps_x: Irreps, irreps_filter: Irreps, lmax: int, seed: int) -> tuple[Irreps, list[tuple[Any, ...]]]:
    """Output irreps and about half of all allowed 'uvu' instructions, in random order, some sharing one output."""
    rng = np.random.default_rng(seed)
    out, steps = [], []
    for i, (mul, ir) in enumerate(irreps_x):
        for j, (_, harmonic) in enumerate(irreps_filter):
            for product in ir * harmonic:
                if product.l <= lmax and rng.random() < 0.6:
                    if (mul, product) not in out or rng.random() < 0.5:
                        out.append((mul, product))
                    steps.append((i, j, len(out) - 1 - out[::-1].index((mul, product)), "uvu", True))
    rng.shuffle(steps)
    return Irreps(out), [(int(i), int(j), int(k), mode, True) for i, j, k, mode, _ in steps]


def inputs(fused: FusedTensorProduct, stock: TensorProduct, atoms: int = 6, edges: int = 40) -> tuple[Any, ...]:
    """Random x, filter, weight (with gradients), source and target."""
    shapes = (atoms, stock.irreps_in1.dim), (edges, stock.irreps_in2.dim), (edges, stock.weight_numel)
    arrays = [torch.randn(*shape, requires_grad=True) for shape in shapes]
    source, target = torch.randint(0, atoms, (2, edges)).to(torch.int32)
    return (*arrays, source, target)


def stock_convolution(product: TensorProduct, x, harmonics, weight, source, target):  # type: ignore[no-untyped-def]
    """e3nn's tensor product on each edge, then the sum over the edges of each target."""
    messages = product(x[source.long()], harmonics, weight)
    return x.new_zeros(len(x), product.irreps_out.dim).index_add(0, target.long(), messages)


def assert_same_with_gradients(first, second, variables) -> None:  # type: ignore[no-untyped-def]
    """Equal values and equal gradients of a random linear form, relative to the largest number."""
    form = torch.randn_like(first)
    pairs = [(first, second)]
    pairs += zip(*(torch.autograd.grad((out * form).sum(), variables) for out in (first, second)), strict=True)
    for a, b in pairs:
        torch.testing.assert_close(a, b, rtol=0.0, atol=2e-6 * b.detach().abs().max().item())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_fused_product_equals_e3nn_with_gradients(seed: int) -> None:
    """For any 'uvu' instructions, value and all three gradients are those of e3nn's product summed over the edges."""
    torch.manual_seed(seed)
    out, steps = uvu(X, FILTER, 3, seed)
    arguments = (X, FILTER, out, steps)
    fused = FusedTensorProduct(*arguments)
    stock = TensorProduct(*arguments, shared_weights=False, internal_weights=False)
    data = inputs(fused, stock)
    assert_same_with_gradients(fused(*data), stock_convolution(stock, *data), data[:3])


def test_mirrored_edges_equal_both_directions() -> None:
    """A mirrored edge is two edges, whose harmonics differ by (-1)^l and whose weights are the same."""
    torch.manual_seed(3)
    out, steps = uvu(X, FILTER, 2, 3)
    stock = TensorProduct(X, FILTER, out, steps, shared_weights=False, internal_weights=False)
    fused = FusedTensorProduct(X, FILTER, out, steps, mirrored=True)
    x, harmonics, weight, source, target = data = inputs(fused, stock)
    sign = torch.cat([torch.full((ir.dim,), (-1.0) ** ir.l) for _, ir in FILTER])
    both = (torch.cat([harmonics, harmonics * sign]), torch.cat([weight, weight]))
    ends = torch.cat([source, target]), torch.cat([target, source])
    assert_same_with_gradients(fused(*data), stock_convolution(stock, x, *both, *ends), data[:3])


def test_unsupported_products_are_refused() -> None:
    """Channel numbers that do not fill a vector register, and filters with several channels, raise ValueError."""
    for x, harmonics in (("12x0e", "1x0e"), ("16x0e", "2x0e")):
        with pytest.raises(ValueError, match="multipl"):
            FusedTensorProduct(Irreps(x), Irreps(harmonics), Irreps(x), [(0, 0, 0, "uvu", True)])


def test_half_graph_holds_each_pair_once() -> None:
    """The pairs and their reverses are all neighbours within the cutoff, with opposite vectors, each exactly once."""
    from matscipy.neighbours import neighbour_list

    atoms = bulk("NaCl", "rocksalt", a=5.6)
    atoms.rattle(0.1, seed=0)
    graph = half_graph(atoms, 5.0)
    (i, j), vector = graph["edge_index"].numpy(), graph["edge_vec"].numpy()
    half = np.column_stack([np.r_[i, j], np.r_[j, i], np.r_[vector, -vector]])
    full = np.column_stack(neighbour_list("ijD", atoms, 5.0))
    ours, theirs = (np.array(sorted(np.round(array, 3).tolist())) for array in (half, full))
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


def crystal() -> Atoms:
    """A strained and rattled perovskite-like crystal of 20 atoms."""
    atoms = Atoms("NaZrO3", scaled_positions=[(0, 0, 0), (0.5,) * 3, (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)],
                  cell=[4.1, 4.2, 4.0, 88, 91, 93], pbc=True) * (2, 2, 1)  # fmt: skip
    atoms.rattle(0.08, seed=1)
    return atoms


def slab() -> Atoms:
    """A crystal of two periods with vacuum above and atoms outside the cell."""
    atoms = crystal()
    atoms.pbc = (True, True, False)
    atoms.positions[:5, 2] -= 2.0
    return atoms


@pytest.mark.slow
@pytest.mark.parametrize("atoms", [crystal(), molecule("H2O", cell=[8, 9, 10], pbc=True), molecule("CH4"), slab()])
def test_calculator_equals_stock_sevennet(atoms: Atoms) -> None:
    """Energy, atomic energies, forces and stress equal those of SevenNet's own calculator to float32 rounding."""
    from sevenn.calculator import SevenNetCalculator

    results = []
    for calculator in (fast_sevennet_calculator("7net-0"), SevenNetCalculator("7net-0", device="cpu")):
        calculator.calculate(atoms)
        results.append(calculator.results)
    fast, stock = results
    assert fast["energy"] == pytest.approx(stock["energy"], abs=1e-5 * len(atoms))
    tolerances = {"energies": 1e-5, "forces": 1e-4} | ({"stress": 1e-5} if atoms.cell.rank == 3 else {})
    for name, tolerance in tolerances.items():
        np.testing.assert_allclose(fast[name], stock[name], atol=tolerance)


@pytest.mark.parametrize("modal", ["PBE", "R2SCAN"])
def test_a_modal_is_that_of_stock_sevennet(modal: str) -> None:
    """The numbers of the fidelity that was chosen, to float32 rounding; the other's differ by electronvolts."""
    from sevenn.calculator import SevenNetCalculator

    atoms = bulk("MgO", "rocksalt", a=4.2, cubic=True)
    atoms.rattle(0.08, seed=1)
    results = []
    for calculator in (
        fast_sevennet_calculator("7net-mf-0", modal),
        SevenNetCalculator("7net-mf-0", device="cpu", modal=modal),
    ):
        calculator.calculate(atoms)
        results.append(calculator.results)
    fast, stock = results
    assert fast["energy"] == pytest.approx(stock["energy"], abs=1e-5 * len(atoms))
    np.testing.assert_allclose(fast["forces"], stock["forces"], atol=1e-4)
    np.testing.assert_allclose(fast["stress"], stock["stress"], atol=1e-5)


@pytest.mark.parametrize(("model", "modal"), [("7net-mf-0", None), ("7net-mf-0", "SCAN"), ("7net-0", "PBE")])
def test_a_modal_that_the_checkpoint_lacks_is_refused(model: str, modal: str | None) -> None:
    """So is none where there are several: the first would be a guess."""
    with pytest.raises(ValueError, match=f"{model} has no modal {modal}; it has"):
        fast_sevennet_calculator(model, modal)


@pytest.mark.slow
def test_force_and_stress_are_gradients_of_the_energy() -> None:
    """F = -dE/dr along a random direction, and stress = dE/(V d strain), by central differences."""
    rng, step = np.random.default_rng(0), 5e-3
    atoms = crystal()
    atoms.calc = fast_sevennet_calculator("7net-0")
    forces, stress, positions, cell = atoms.get_forces(), atoms.get_stress(voigt=False), atoms.positions, atoms.cell[:]
    direction = rng.standard_normal(positions.shape)
    strain = rng.standard_normal((3, 3)) / 10
    strain += strain.T

    def slope(move: float, deform: float) -> float:
        energies = []
        for s in (step, -step):
            other = atoms.copy()
            other.positions += s * move * direction
            other.set_cell(cell @ (np.eye(3) + s * deform * strain), scale_atoms=True)
            other.calc = atoms.calc
            energies.append(other.get_potential_energy())
        return float(energies[0] - energies[1]) / (2 * step)

    assert slope(1.0, 0.0) == pytest.approx(-(forces * direction).sum(), rel=2e-3, abs=0.02)
    assert slope(0.0, 1.0) == pytest.approx(atoms.get_volume() * (stress * strain).sum(), rel=2e-3, abs=0.02)


def test_unknown_elements_are_refused() -> None:
    """An element outside the model's training set raises an error that names it."""
    calculator = fast_sevennet_calculator("7net-0")
    with pytest.raises(Exception, match="Og"):
        calculator.calculate(Atoms("Og", cell=[5, 5, 5], pbc=True))
