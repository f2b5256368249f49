"""Scripts that measure; each prints ratios, none is a test. Run: python -m tests.benchmarks.NAME"""
