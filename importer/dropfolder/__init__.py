"""The drop folder: files are taken once, when they are complete, worked on, and put where people look."""

from __future__ import annotations
