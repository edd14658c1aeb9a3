"""The definitions, computed with numpy alone; see oracle/affine.py for the first family."""
