"""Persistent structures, byte strings and buffers, spelled as ptypes spells them, in a storage of Deltos.

    from deltos.compat.ptypes.storage import Storage
    from deltos.compat.ptypes.buffer import Buffer

Any program of any language can read such a file. A structure is an object named "TYPE/NUMBER", its integers and floats
are the fields of one element that is written in place, and each of its references is an attribute that holds the name
of another object. Byte strings and buffers are arrays. The schema is JSON in attributes of the storage: nothing in a
file is ever executed.
"""
