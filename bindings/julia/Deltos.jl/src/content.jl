# What is stored: arrays of any layout, seen by the library where they are.

"""
    Deltos.RawContent(bytes; format = "", dtype = 0, shape = (), strides = nothing, start = 0)

Elements of any format in memory, to be stored as they are: for types that Julia does not have. `format` is a format
string of PEP 3118, or `dtype` one of `Deltos.Raw.DELTOS_DTYPE_*`; without both they are bytes. `shape` and `strides`
(in bytes) are in the order of C, the slowest dimension first; `start` is the byte at which element `[0, ..., 0]` lies.
"""
struct RawContent
    bytes::Vector{UInt8}
    format::String
    dtype::Int32
    shape::Vector{Int64}
    strides::Union{Nothing,Vector{Int64}}
    start::Int
end

function RawContent(bytes::AbstractVector{UInt8}; format = "", dtype = 0, shape = (), strides = nothing, start = 0)
    lengths = Int64[shape...]
    steps = strides === nothing ? nothing : Int64[strides...]
    format = text(format, "a format")
    steps === nothing || length(steps) == length(lengths) ||
        throw(InvalidError("$(length(steps)) strides were given for $(length(lengths)) dimensions: give one for each"))
    content = RawContent(Vector{UInt8}(bytes), format, dtype, lengths, steps, start)
    refuse_outside(content)
    return content
end

# The library believes the addresses that a caller gives it, so they are checked here.
function refuse_outside(content::RawContent)
    any(n -> n <= 0, content.shape) && return nothing # nothing is read, or the library refuses it
    itemsize = item_bytes(content)
    first_byte, last_byte = widen(content.start), widen(content.start) + itemsize
    steps = content.strides
    if steps === nothing
        last_byte = content.start + itemsize * reduce(*, widen.(content.shape); init = widen(1))
    else
        for (n, step) in zip(content.shape, steps)
            reach = (widen(n) - 1) * step
            reach < 0 ? (first_byte += reach) : (last_byte += reach)
        end
    end
    0 <= first_byte && last_byte <= length(content.bytes) && return nothing
    throw(RangeError("elements from byte $first_byte to byte $last_byte do not lie in $(length(content.bytes)) " *
                     "bytes: give more bytes"))
end

function item_bytes(content::RawContent)
    isempty(content.format) || return describe(content.format).itemsize
    for (T, code, _) in NATIVE
        code == content.dtype && return sizeof(T)
    end
    return 1
end

"Calls `f` with content as the library takes it: a `Ref` of a view, and good for the duration of the call."
function with_content(f, content::RawContent; readonly = true)
    steps = content.strides
    GC.@preserve content steps begin
        view = input(
            length(content.shape), content.dtype, pointer(content.bytes) + content.start,
            isempty(content.format) ? Ptr{UInt8}(C_NULL) : pointer(content.format),
            pointer(content.shape), steps === nothing ? Ptr{Int64}(C_NULL) : pointer(steps); readonly = readonly,
        )
        return f(view)
    end
end

function input(ndim, dtype, data, format, shape, strides; readonly = true)
    return Ref(Raw.deltos_view(
        sizeof(Raw.deltos_view), ndim, dtype, readonly, 0, 0, data, 0, 0, format, shape, strides, C_NULL, C_NULL,
    ))
end

# Memory with strides: all of what Julia calls a strided array, and such with its dimensions permuted.
const Strided{T,N} = Union{StridedArray{T,N},PermutedDimsArray{T,N,<:Any,<:Any,<:StridedArray}}

memory_strides(a::StridedArray) = strides(a)
memory_strides(a::PermutedDimsArray{T,N,P}) where {T,N,P} = ntuple(k -> strides(parent(a))[P[k]], Val(N))
memory_pointer(a::StridedArray) = pointer(a)
memory_pointer(a::PermutedDimsArray) = pointer(parent(a))

# Julia's first dimension is the fastest, and C's last one: the same memory, and the dimensions the other way round.
function with_content(f, a::Strided{T,N}; readonly = true) where {T,N}
    dtype = dtype_of(T)
    format = dtype == Raw.DELTOS_DTYPE_OTHER ? format_of(T) : ""
    layout = Vector{Int64}(undef, 2N)
    steps = memory_strides(a)
    for k in 1:N
        layout[N-k+1] = size(a, k)
        layout[2N-k+1] = steps[k] * sizeof(T)
    end
    GC.@preserve a format layout begin
        view = input(
            N, dtype, memory_pointer(a), isempty(format) ? Ptr{UInt8}(C_NULL) : pointer(format),
            pointer(layout), pointer(layout) + 8N; readonly = readonly,
        )
        return f(view)
    end
end

with_content(f, a::AbstractArray) = with_content(f, Array(a))
with_content(f, value::Union{Number,BFloat16,Float8E4M3,Float8E5M2,NamedTuple,Tuple}) = with_content(f, fill(value))

@noinline function with_content(f, value)
    isbits(value) && return with_content(f, fill(value))
    throw(FormatError("a $(typeof(value)) cannot be stored as a buffer: store an array of numbers, or text as an " *
                      "attribute"))
end
