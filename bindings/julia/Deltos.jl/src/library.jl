# Finds libdeltos and loads it, once for the process: by the environment, by a preference, or by the system's loader.

import Libdl

const LIBRARY_HELP =
    "set DELTOS_LIBRARY to its path, write libdeltos_path = \"...\" under [Deltos] in LocalPreferences.toml " *
    "beside your Project.toml, or install it where the loader looks"

const library_name = Ref("")

"""
    Deltos.library()

The path or name under which libdeltos was loaded. It is looked for in this order:

1. the environment variable `DELTOS_LIBRARY`;
2. the preference `libdeltos_path` in the section `[Deltos]` of `LocalPreferences.toml`, beside the `Project.toml` of
   the active project or of an environment on the load path;
3. `libdeltos.so.0`, where the system's loader looks.
"""
library() = library_name[]

# LocalPreferences.toml is read without a TOML parser, which the standard library of Julia 1.5 does not have.
function preference_in(lines)
    section = ""
    for line in lines
        line = strip(line)
        header = match(r"^\[\s*([^\]]*?)\s*\]", line)
        header === nothing || (section = header.captures[1]; continue)
        section in ("Deltos", "\"Deltos\"") || continue
        entry = match(r"^libdeltos_path\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)')", line)
        entry === nothing && continue
        return entry.captures[1] === nothing ? String(entry.captures[2]) : unescape_string(entry.captures[1])
    end
    return nothing
end

function preferred_library(projects)
    for project in projects, name in ("JuliaLocalPreferences.toml", "LocalPreferences.toml")
        file = joinpath(isdir(project) ? project : dirname(project), name)
        isfile(file) || continue
        found = preference_in(eachline(file))
        found === nothing || return isabspath(found) ? found : joinpath(dirname(file), found)
    end
    return nothing
end

function find_library()
    named = get(ENV, "DELTOS_LIBRARY", "")
    isempty(named) || return named
    preferred = preferred_library(Base.load_path())
    return preferred === nothing ? "libdeltos.so.0" : preferred
end

function load_library()
    name = find_library()
    handle = Libdl.dlopen(name, Libdl.RTLD_NOW | Libdl.RTLD_LOCAL; throw_error = false)
    handle === nothing && error("Deltos: cannot load libdeltos as $(repr(name)): $LIBRARY_HELP")
    Raw.load!(handle)
    found = Raw.deltos_abi_version()
    found == Raw.DELTOS_ABI_VERSION ||
        error("Deltos: $(repr(name)) has ABI version $found, and this package needs $(Raw.DELTOS_ABI_VERSION): " *
              LIBRARY_HELP)
    library_name[] = name
    return nothing
end

"""
    Deltos.library_version() -> VersionNumber

The version of the loaded library.
"""
library_version() = VersionNumber(unsafe_string(Raw.deltos_version()))
