"""The parts of bindings/generate.py: `headers` reads, the others write one language each."""
