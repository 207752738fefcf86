# Progress functions: called on the calling task, inside the call; what they throw comes out of the call.

mutable struct Reporter
    report::Any
    thrown::Any
end

# Nothing may unwind through the library, so what the function throws is kept, and the call cancelled.
function progress_trampoline(done::UInt64, total::UInt64, user::Ptr{Cvoid})
    reporter = unsafe_pointer_to_objref(user)::Reporter
    try
        return reporter.report(Int(done), Int(total)) === true ? Int32(1) : Int32(0)
    catch e
        reporter.thrown = e
        return Int32(1)
    end
end

"""
Calls `f(callback, user)`, which passes both to the library and returns its status; without a function they are NULL.
Throws what the function has thrown.
"""
function reporting(f, report)
    report === nothing && return f(C_NULL, C_NULL)
    reporter = Reporter(report, nothing)
    callback = @cfunction(progress_trampoline, Int32, (UInt64, UInt64, Ptr{Cvoid}))
    status = GC.@preserve reporter f(callback, pointer_from_objref(reporter))
    status == Raw.DELTOS_E_CANCELLED && reporter.thrown !== nothing && throw(reporter.thrown)
    return status
end
