"""A started gateway that ends with its test, and must end well: harness.Gateway.close() looks at it."""
from harness import Gateway


def start(test, keys=None, **options):
    return test.enterContext(Gateway(keys, **options)).started()
