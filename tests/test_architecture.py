"""The house keeps its floors: imports go down or sideways within a folder, and never in a circle."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src" / "songloom"
FLOORS = {
    "app": 7,
    "client": 8,
    "training": 6,
    "metrics": 6,
    "inference": 6,
    "published": 5.5,
    "systems.generators": 5.3,
    "systems.listeners": 5.25,
    "systems.codecs": 5.2,
    "systems.embedders": 5.2,
    "systems": 5.1,
    "tokens": 4,
    "diffusion": 4,
    "conditioning": 3,
    "objectives": 3,
    "band": 2.5,
    "layers": 2,
    "data": 2,
    "checkpoint": 2,
    "recipe": 2,
    "audio": 1,
    "loading": 1,
    "bottlenecks": 1.5,
    "config": 0,
}
FILES = sorted(ROOT.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def place(module: str) -> str:
    """The longest entry of FLOORS that holds the module; "" is the package itself."""
    parts = module.split(".")
    for size in range(len(parts), 0, -1):
        if ".".join(parts[:size]) in FLOORS:
            return ".".join(parts[:size])
    return ""


def imports(path: Path, *, lazy: bool) -> set[str]:
    """Modules of songloom that a file imports; with `lazy`, those inside functions too."""
    package = list(path.relative_to(ROOT).parts[:-1])
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if lazy else top_level(tree)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "songloom"}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1] + (node.module or "").split(".")
            elif (node.module or "").split(".")[0] == "songloom":
                base = (node.module or "").split(".")[1:]
            else:
                continue
            name = ".".join(part for part in base if part)
            for alias in node.names:
                inner = f"{name}.{alias.name}".strip(".")
                found.add(inner if inner in MODULES else name)
    return {name.removeprefix("songloom.") for name in found}


def top_level(tree: ast.Module) -> list[ast.AST]:
    """Statements that run at import, without blocks under `if TYPE_CHECKING`."""
    return [node for node in tree.body if not isinstance(node, ast.If)]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_from_lower_floors_or_its_own_folder(path: Path) -> None:
    module = module_name(path)
    here = place(module)
    if not here:
        return  # the package's front door may reach every floor
    for name in imports(path, lazy=True):
        there = place(name)
        if there and there != here:
            assert FLOORS[there] < FLOORS[here], f"{module} ({here}) imports upwards: {name}"


def test_no_module_imports_itself_in_a_circle() -> None:
    arrows = {module_name(path): imports(path, lazy=False) & set(MODULES) for path in FILES}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, f"circle: {' -> '.join((*trail, module))}"
        if module in done:
            return
        for name in sorted(arrows[module] - {module}):
            visit(name, (*trail, module))
        done.add(module)

    for module in sorted(arrows):
        visit(module, ())


def test_every_folder_has_a_floor() -> None:
    for path in ROOT.iterdir():
        if path.is_dir() and path.name not in {"__pycache__", "weights"}:
            assert path.name in FLOORS, f"{path.name} has no floor"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_app_prints_reads_the_environment_or_opens_sockets(path: Path) -> None:
    if place(module_name(path)) in {"app", "client"}:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # A worker may set its own variables (threads) before numpy wakes up; reading is what is forbidden.
    stores = [n.value for n in ast.walk(tree) if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"{path.name}:{node.lineno} prints"
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and node not in stores:
            raise AssertionError(f"{path.name}:{node.lineno} reads the environment")
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            assert not {"socket", "argparse", "pickle"} & set(names), f"{path.name}:{node.lineno} imports {names}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_says_its_idea_in_its_first_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.name == "__init__.py" and not text.strip():
        return
    assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"


def test_no_two_test_files_have_one_name() -> None:
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert sorted(set(names)) == sorted(names)
