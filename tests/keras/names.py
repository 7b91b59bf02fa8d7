"""Looks up what Keras and PyTorch call the layers, losses, metrics, optimizers and schedules of Tandem.

names.py keras|pytorch FILE: reads what `tandem_keras names` wrote, lines of a kind, a type and the names in Keras and in
PyTorch (core/text/library_names.h), separated by tabs.
"""
import importlib
import importlib.util
import inspect
import re
import sys

PLACES = {
    "keras": {"layer": ["keras.layers"], "loss": ["keras.losses"], "metric": ["keras.metrics"], "optimizer": ["keras.optimizers"],
              "schedule": ["keras.optimizers.schedules", "keras.callbacks"]},
    "pytorch": {"layer": ["torch.nn"], "loss": ["torch.nn"], "metric": [], "optimizer": ["torch.optim"],
                "schedule": ["torch.optim.lr_scheduler"]},
}
OPTIONAL = ("torchmetrics", "torchvision")  # no part of PyTorch itself
SINCE = {"keras.losses.Dice": (3, 2), "keras.layers.RMSNormalization": (3, 9), "torch.nn.RMSNorm": (2, 4),
         "torch.optim.lr_scheduler.PolynomialLR": (1, 13)}  # what older versions lack


class Skipped(Exception):
    pass


def version(package):
    text = importlib.import_module(package).__version__
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])


def attribute(full):
    """None: there is no such attribute."""
    module, name = full.rsplit(".", 1)
    package = full.split(".")[0]
    if package in OPTIONAL and importlib.util.find_spec(package) is None:
        raise Skipped(f"{package} is not installed")
    found = getattr(importlib.import_module(module), name, None)
    if found is None and full in SINCE and version(package) < SINCE[full]:
        raise Skipped(f"this {package} is older than {'.'.join(map(str, SINCE[full]))}")
    return found


def parameters_of(thing):
    callables = (thing.__init__, thing.__new__) if inspect.isclass(thing) else (thing,)
    return {name for each in callables for name in inspect.signature(each).parameters}


def problem_with(name, places):
    """What is wrong with one name, or None."""
    parsed = re.fullmatch(r"([\w.]+)(?:\((.+)\))?", name)
    if parsed is None:
        return "is not a name"
    name, arguments = parsed.groups()
    candidates = [name] if "." in name else [f"{place}.{name}" for place in places]
    thing = next((found for found in map(attribute, candidates) if found is not None), None)
    if thing is None:
        return f"there is no {' or '.join(candidates) or name}"
    keywords = [argument.split("=")[0] for argument in (arguments or "").split(", ") if "=" in argument]
    unknown = set(keywords) - parameters_of(thing) if keywords else set()
    return f"{name} has no argument {', '.join(sorted(unknown))}" if unknown else None


def overlooked(kind, type_, places):
    """A class of the library with the name that Tandem has, though Tandem says nothing about it, or None."""
    plain = type_.replace("_", "")
    for place in places:
        for name in dir(importlib.import_module(place)):
            if name[0].isupper() and name.lower() in (plain, plain + kind):
                return f"{place}.{name}"
    return None


def main(library, file):
    with open(file) as source:
        rows = [line.rstrip("\n").split("\t") for line in source]
    failed, checked = 0, set()
    for kind, type_, keras, pytorch in rows:
        places, names = PLACES[library][kind], {"keras": keras, "pytorch": pytorch}[library]
        if not names:
            found = overlooked(kind, type_, places)
            failed += found is not None
            print(f"FAIL {kind} {type_}: has no name, but there is {found}" if found else f"none {kind} {type_}")
        for name in filter(None, names.split(" / ")):
            try:
                problem = problem_with(name, places)
            except Skipped as reason:
                print(f"skip {kind} {type_}: {name}: {reason}")
                continue
            failed += problem is not None
            checked.add(kind)
            print(f"FAIL {kind} {type_}: {problem}" if problem else f"ok   {kind} {type_}: {name}")
    missing = {kind for kind, places in PLACES[library].items() if places} - checked
    if missing:
        print(f"FAIL no name was checked of: {', '.join(sorted(missing))}")
    print(f"{len(rows)} rows, {failed} failed")
    return failed == 0 and not missing


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
