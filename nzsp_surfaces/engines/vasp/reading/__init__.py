"""What VASP wrote, read in bounded memory."""
