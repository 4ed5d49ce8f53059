"""Custom document properties (docProps/custom.xml)."""

from __future__ import annotations

from toolkit.xlsx.package import Package
from toolkit.xlsx.scan import STRICT_MAIN, Node, escape, escape_attribute, insert_child, splice

_PART = "docProps/custom.xml"
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
_STRICT_RELATIONSHIP = "http://purl.oclc.org/ooxml/officeDocument/relationships/customProperties"
_NS = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_STRICT_NS = "http://purl.oclc.org/ooxml/officeDocument/customProperties"
_VALUES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_STRICT_VALUES = "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes"
_FORMAT = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"  # the id of user-defined properties, fixed by the standard


def _part(package: Package) -> str | None:
    return next((p for p in package.related("", "custom-properties", "customProperties") if package.has(p)), None)


def read_properties(package: Package) -> dict[str, str]:
    part = _part(package)
    if part is None:
        return {}
    return {
        node.get("name"): "".join(v.text for v in node.children)
        for node in package.tree(part)[1].children
        if node.name == "property"
    }


def set_property(package: Package, workbook: str, name: str, text: str) -> None:
    """Edits the property, or adds it, creating the part when the file has none."""
    part = _part(package)
    strict = package.tree(workbook)[1].ns == STRICT_MAIN
    if part is None:
        part = _PART if not package.has(_PART) else "docProps/custom2.xml"
        ns, values = (_STRICT_NS, _STRICT_VALUES) if strict else (_NS, _VALUES)
        head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        package.write(part, f'{head}<Properties xmlns="{ns}" xmlns:vt="{values}"></Properties>'.encode())
        package.set_content_type(part, _CONTENT_TYPE)
        package.add_relationship("", _STRICT_RELATIONSHIP if strict else _RELATIONSHIP, part)
    xml, root = package.tree(part)
    values = _STRICT_VALUES if root.ns == _STRICT_NS else _VALUES
    value = b'<vt:lpwstr xmlns:vt="%b">%b</vt:lpwstr>' % (values.encode(), escape(text))
    old = next((n for n in root.children if n.get("name") == name), None)
    if old is not None:
        package.write(part, splice(xml, [_new_content(xml, old, value)]))
        return
    pid = 1 + max([1, *(int(n.get("pid")) for n in root.children if n.get("pid").isdigit())])
    p = xml[root.start + 1 : root.open_end].split(None, 1)[0].rpartition(b"Properties")[0]
    new = b'<%bproperty fmtid="%b" pid="%d" name="%b">%b</%bproperty>' % (
        p,
        _FORMAT.encode(),
        pid,
        escape_attribute(name),
        value,
        p,
    )
    package.write(part, splice(xml, [insert_child(xml, root, new)]))


def _new_content(xml: bytes, node: Node, value: bytes) -> tuple[int, int, bytes]:
    if node.children:
        return node.children[0].start, node.children[-1].end, value
    return insert_child(xml, node, value)
