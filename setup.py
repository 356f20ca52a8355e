"""Compiles the trainer's kernels while the package is built. The rest is in pyproject.toml."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

_ROOT = Path(__file__).parent
_FOLDER = _ROOT / "services" / "trainer" / "native"
_PACKAGE = "services.trainer.native.kernels_"
# An image of another service has no trainer in it.
_HAS_KERNELS = _FOLDER.is_dir()

if _HAS_KERNELS:
    # A build backend doesn't put the project's own folder there.
    sys.path.insert(0, str(_ROOT))
    from services.trainer.native.build import NotCompiled, compile_kernels
    from services.trainer.native.processor import levels_of_family, supported_levels


class BuildKernels(build_ext):
    """Plain shared libraries: no Python in them, so one for every version of it.

    Without them LayerLab trains with torch's own operations, at a fraction of the speed; so a
    machine without a compiler is no reason to fail.
    """

    def initialize_options(self) -> None:
        super().initialize_options()
        self.parallel = True

    def finalize_options(self) -> None:
        super().finalize_options()
        if self.editable_mode and self.extensions:
            # It will run here, and nowhere else.
            wanted = supported_levels()[:1]
            self.extensions = [e for e in self.extensions if _level(e.name) in wanted]

    def get_ext_filename(self, fullname: str) -> str:
        return fullname.replace(".", "/") + (".dylib" if sys.platform == "darwin" else ".so")

    def build_extension(self, ext: Extension) -> None:
        try:
            compile_kernels(_level(ext.name), Path(self.get_ext_fullpath(ext.name)))
        except NotCompiled as error:
            self.warn(f"{ext.name} was not compiled: {error}")


def _level(name: str) -> str:
    return name.rpartition("kernels_")[2]


setup(
    cmdclass={"build_ext": BuildKernels},
    ext_modules=[
        Extension(_PACKAGE + level, ["services/trainer/native/src/kernels.cpp"], optional=True)
        for level in (levels_of_family() if _HAS_KERNELS else ())
    ],
)
