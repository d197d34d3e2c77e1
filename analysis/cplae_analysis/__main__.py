"""`python -m cplae_analysis RUN`: says in one line which Python package is missing, where one is."""

import sys


def main() -> int:
    try:
        from cplae_analysis import report
    except ImportError as missing:
        print(f"report: {missing}; `scripts/setup.sh demo` puts what the report needs into build/env", file=sys.stderr)
        return 2
    return report.main()


if __name__ == "__main__":
    sys.exit(main())
