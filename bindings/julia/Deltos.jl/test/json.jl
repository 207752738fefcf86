# A reader of JSON as the corpus has it: UTF-8, integers of 64 bits, few escapes. Objects keep their order.

module JSON

mutable struct Text
    bytes::Vector{UInt8}
    at::Int
end

"The value that a text holds: Dict, Vector, String, Int64, Bool or nothing."
function parse(text::AbstractString)
    source = Text(Vector{UInt8}(codeunits(text)), 1)
    value = read_value(source)
    skip(source) == 0x00 || fail(source, "the end")
    return value
end

fail(source, wanted) = error("JSON: expected $wanted at byte $(source.at)")

peek(source) = source.at <= length(source.bytes) ? source.bytes[source.at] : 0x00

function skip(source)
    while peek(source) in (UInt8(' '), UInt8('\n'), UInt8('\t'), UInt8('\r'))
        source.at += 1
    end
    return peek(source)
end

function expect(source, byte)
    skip(source) == UInt8(byte) || fail(source, byte)
    source.at += 1
    return nothing
end

function read_value(source)
    byte = Char(skip(source))
    byte == '{' && return read_object(source)
    byte == '[' && return read_list(source)
    byte == '"' && return read_string(source)
    (isdigit(byte) || byte == '-') && return read_number(source)
    for (word, value) in ("true" => true, "false" => false, "null" => nothing)
        if startswith(String(source.bytes[source.at:min(end, source.at + 4)]), word)
            source.at += length(word)
            return value
        end
    end
    fail(source, "a value")
end

function read_object(source)
    object = Dict{String,Any}()
    expect(source, '{')
    skip(source) == UInt8('}') && (source.at += 1; return object)
    while true
        skip(source)
        key = read_string(source)
        haskey(object, key) && fail(source, "a key that is not there yet, not $(repr(key))")
        expect(source, ':')
        object[key] = read_value(source)
        skip(source) == UInt8(',') || break
        source.at += 1
    end
    expect(source, '}')
    return object
end

function read_list(source)
    list = Any[]
    expect(source, '[')
    skip(source) == UInt8(']') && (source.at += 1; return list)
    while true
        push!(list, read_value(source))
        skip(source) == UInt8(',') || break
        source.at += 1
    end
    expect(source, ']')
    return list
end

function read_number(source)
    start = source.at
    while Char(peek(source)) in "-0123456789"
        source.at += 1
    end
    return Base.parse(Int64, String(source.bytes[start:source.at-1]))
end

const ESCAPES = Dict('"' => '"', '\\' => '\\', '/' => '/', 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f')

function read_string(source)
    expect(source, '"')
    text = IOBuffer()
    while true
        byte = peek(source)
        source.at <= length(source.bytes) || fail(source, "the end of a string")
        source.at += 1
        byte == UInt8('"') && return String(take!(text))
        byte == UInt8('\\') ? print(text, read_escape(source)) : write(text, byte)
    end
end

function read_escape(source)
    letter = Char(peek(source))
    source.at += 1
    if letter == 'u'
        digits = String(source.bytes[source.at:source.at+3])
        source.at += 4
        return Char(Base.parse(UInt32, digits; base = 16))
    end
    haskey(ESCAPES, letter) || fail(source, "an escape")
    return ESCAPES[letter]
end

end # module JSON
