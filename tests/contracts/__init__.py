import pkgutil

import pytest

# The suites are no test modules by name, and should still fail as readably.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)))
