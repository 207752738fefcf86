//! The fields of a step: which each operation knows, how they are read, and how expectations are compared.

use serde_json::{Map, Value};

use crate::world::Trouble;

/// Every operation with all of its fields, expectations included.
const FIELDS: &[(&str, &str)] = &[
    ("open", "path mode create flags offset size max_file_bytes progress"),
    ("open_anonymous", "label"),
    ("open_memory", "path"),
    ("close", "storage"),
    ("detach", "storage"),
    ("sync", "storage"),
    (
        "storage_info",
        "storage mode object_count snapshot_count view_count transaction_id sparse format_major format_minor",
    ),
    ("verify", "storage level progress findings"),
    ("pins", "storage pins"),
    ("begin", "storage"),
    ("commit", "transaction durability"),
    ("abort", "transaction"),
    ("snapshot", "storage"),
    ("refresh", "snapshot changed"),
    ("copy_to", "snapshot path replace progress"),
    ("compact_to", "snapshot path replace progress"),
    ("release", "handle"),
    ("create", "transaction name format dtype shape data strides start"),
    ("create_zeroed", "transaction name format dtype shape"),
    ("replace", "transaction name format dtype shape data strides start"),
    ("seal", "transaction name"),
    ("unseal", "transaction name"),
    ("delete", "transaction name"),
    ("rename", "transaction from to replace"),
    ("delete_prefix", "transaction prefix count"),
    ("set_metadata", "transaction name key text format shape data"),
    ("remove_metadata", "transaction name key"),
    ("metadata", "from name key text format shape data absent"),
    ("metadata_keys", "from name keys"),
    ("list", "from prefix depth names"),
    ("object", "from name"),
    ("object_info", "object name format dtype ndim shape count itemsize payload_bytes sealed writable current stored"),
    ("refresh_object", "object changed"),
    ("view", "object flags"),
    ("share", "view flags"),
    ("view_info", "view format dtype ndim shape strides suboffsets itemsize nbytes readonly sealed"),
    ("load", "view at data"),
    ("store", "view at data"),
    ("read", "from name format dtype shape data sealed"),
    ("describe", "format dtype itemsize alignment canonical"),
    ("patch", "path at object data"),
    ("resize_file", "path size"),
    ("embed", "from to at"),
    ("remove_file", "path"),
    ("make_file", "path data"),
    ("file", "path size data"),
    ("memory", "format dtype shape data strides start readonly"),
    ("slice", "view slices"),
    ("window", "view offset length"),
    ("transpose", "view axes"),
    ("reshape", "view shape"),
    ("cast", "view format dtype"),
    ("contiguity", "view c f"),
    ("content", "view format shape data"),
    ("copy", "target source"),
    ("fill", "view data"),
    ("equal", "view other equal"),
    ("compare", "view other order"),
    ("find", "view data start index"),
    ("count", "view data count"),
    ("gather", "source rows target"),
    ("read_into", "view path at bytes"),
    ("write_from", "view path at bytes"),
    ("get", "view index type data"),
    ("set", "view index type data"),
    ("atomic_load", "view index order data"),
    ("atomic_store", "view index order data"),
    ("atomic_add", "view index order data previous"),
    ("atomic_compare_exchange", "view index order expected data exchanged previous"),
    ("create_table", "transaction name format dtype rows columns lengths"),
    ("wrap_table", "rows columns lengths format dtype readonly"),
    ("table_from_view", "view axis"),
    ("table_from_views", "views columns format dtype"),
    ("open_table", "from name"),
    ("table_info", "table format dtype rows columns itemsize exports readonly ragged stored sealed"),
    ("table_rows", "table writable lengths rows"),
    ("table_row", "table row flags"),
    ("to_dense", "table"),
    ("reinterpret", "table format dtype"),
    ("make_readonly", "table"),
    ("create_array", "transaction name format dtype capacity max_bytes"),
    ("open_array", "from name"),
    ("open_array_file", "path format dtype mode create capacity max_bytes"),
    ("open_array_anonymous", "format dtype capacity max_bytes"),
    ("open_array_fd", "array mode"),
    ("close_array", "array"),
    ("array_info", "array count capacity_at_least"),
    ("array_content", "array format count data"),
    ("append", "array data"),
    ("append_in_place", "array data"),
    ("extend", "array view"),
    ("insert", "array index data"),
    ("remove", "array index count data"),
    ("resize", "array count"),
    ("reserve", "array capacity"),
    ("shrink", "array"),
    ("clear", "array"),
    ("reverse", "array"),
    ("byteswap", "array"),
    ("flush", "array durable"),
    ("put_value", "transaction name value"),
    ("pack_value", "value size data"),
    ("unpack_value", "data at"),
    ("open_value", "from name"),
    ("value_info", "object path kind count dtype"),
    ("read_value", "object path value"),
    ("find_value", "object path key absent value"),
    ("hash_value", "object path hash"),
    ("equal_values", "object path other other_path equal"),
    ("value_view", "object path flags"),
    ("make_schema", "schema"),
    ("schema_of", "table"),
    (
        "schema_info",
        "schema name version min_reader metadata slot_count row_bytes alignment presence_offset presence_bits",
    ),
    ("schema_slots", "schema slots"),
    ("find_slot", "schema name slot"),
    ("nested_schema", "schema slot"),
    ("check_schema", "schema writer"),
    ("pack_schema", "schema value"),
    ("unpack_schema", "data value"),
    ("begin_records", "transaction name schema layout memory_bytes"),
    ("add_rows", "builder rows times"),
    ("add_columns", "builder rows columns presence"),
    ("finish_records", "builder"),
    ("pack_records", "builder at damage cut size"),
    ("put_records", "transaction name schema layout memory_bytes rows times"),
    ("unpack_records", "data at"),
    ("open_records", "from name"),
    ("records_info", "table layout rows slot_count row_bytes heap_bytes image_bytes sealed writable"),
    ("read_cell", "table row slot cell"),
    ("read_rows", "table rows times"),
    ("cell_value", "table row slot absent"),
    ("records_rows", "table flags"),
    ("records_heap", "table flags"),
    ("records_column", "table slot flags offsets_as"),
    ("records_presence", "table slot which flags absent"),
    ("verify_records", "table"),
    ("arrow_of", "object rows columns"),
    ("records_from_arrow", "table transaction name layout memory_bytes"),
    ("begin_map", "storage key value shape duplicates deduplicate schema memory_bytes threads progress"),
    ("add_pairs", "builder pairs times"),
    ("add_pair_columns", "builder keys values"),
    ("add_map", "builder map"),
    ("prepare_map", "builder"),
    ("finish_map", "builder transaction name replace"),
    ("pack_map", "builder at damage cut"),
    (
        "put_map",
        "transaction name replace pairs times \
         storage key value shape duplicates deduplicate schema memory_bytes threads progress",
    ),
    ("unpack_map", "data at"),
    ("open_map", "from name"),
    ("map_info", "map key value shape keys pairs"),
    ("find_key", "map key values absent"),
    ("find_keys", "map keys hits values counts"),
    ("find_columns", "map keys hits"),
    ("read_map", "map pairs"),
    ("map_value", "map key index"),
    ("map_column", "map which flags numbers"),
    ("map_records", "map"),
    ("verify_map", "map progress"),
    ("create_sorted", "transaction name key"),
    ("open_sorted", "from name"),
    ("sorted_info", "from map key count key_bytes value_bytes long_values objects"),
    ("put_pair", "transaction map key value replaced"),
    ("put_pairs", "transaction map pairs added"),
    ("load_pairs", "transaction map pairs"),
    ("get_pair", "from map key value absent"),
    ("get_pairs", "from map keys hits values"),
    ("remove_pair", "transaction map key removed"),
    ("remove_pairs", "transaction map range count"),
    ("find_pair", "from map which key pair absent"),
    ("count_pairs", "from map range count"),
    ("read_pairs", "from map range pairs"),
    ("walk_pairs", "from map range"),
    ("next_pairs", "cursor capacity pairs"),
    ("seek_pair", "cursor key"),
];

/// What an operation tells, by field.
pub type Answers = Vec<(&'static str, Value)>;

/// One step of a case.
pub struct Step<'a> {
    pub operation: &'a str,
    fields: &'a Map<String, Value>,
}

impl<'a> Step<'a> {
    /// Fails for an operation or a field that is not known.
    pub fn new(step: &'a Value) -> Result<Self, String> {
        let fields = step.as_object().ok_or("a step that is not an object")?;
        let operation = fields.get("do").and_then(Value::as_str).ok_or("a step without \"do\"")?;
        let known = FIELDS.iter().find(|(name, _)| *name == operation);
        let (_, known) = known.ok_or_else(|| format!("{:?} is not an operation that this runner knows", operation))?;
        let is_known = |field: &str| {
            matches!(field, "do" | "as" | "status" | "message") || known.split(' ').any(|name| name == field)
        };
        match fields.keys().find(|field| !is_known(field)) {
            Some(field) => Err(format!("{:?} is not a field of {:?} that this runner knows", field, operation)),
            None => Ok(Step { operation, fields }),
        }
    }

    /// A step with the fields of one of a description's items, to be used by the same code.
    pub fn of(operation: &'a str, item: &'a Value) -> Result<Self, String> {
        Ok(Step { operation, fields: item.as_object().ok_or("an item that is not an object")? })
    }

    pub fn get(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field)
    }

    pub fn text(&self, field: &str) -> Result<&'a str, Trouble> {
        self.optional_text(field)?.ok_or_else(|| Trouble::Step(format!("there is no {:?}", field)))
    }

    pub fn optional_text(&self, field: &str) -> Result<Option<&'a str>, Trouble> {
        self.get(field).map(|value| value.as_str().ok_or_else(|| wrong(field, value))).transpose()
    }

    pub fn flag(&self, field: &str) -> Result<bool, Trouble> {
        self.get(field).map_or(Ok(false), |value| value.as_bool().ok_or_else(|| wrong(field, value)))
    }

    pub fn number(&self, field: &str) -> Result<u64, Trouble> {
        self.get(field).map_or(Ok(0), |value| value.as_u64().ok_or_else(|| wrong(field, value)))
    }

    pub fn numbers(&self, field: &str) -> Result<Option<Vec<i64>>, Trouble> {
        let value = match self.get(field) {
            Some(value) => value,
            None => return Ok(None),
        };
        let numbers = value.as_array().and_then(|list| list.iter().map(Value::as_i64).collect());
        numbers.map(Some).ok_or_else(|| wrong(field, value))
    }

    pub fn texts(&self, field: &str) -> Result<Vec<&'a str>, Trouble> {
        let value = match self.get(field) {
            Some(value) => value,
            None => return Ok(Vec::new()),
        };
        let texts = value.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
        texts.ok_or_else(|| wrong(field, value))
    }

    /// A number that may be below zero; 0 when it is left out.
    pub fn signed(&self, field: &str) -> Result<i64, Trouble> {
        self.signed_or(field, 0)
    }

    pub fn signed_or(&self, field: &str, otherwise: i64) -> Result<i64, Trouble> {
        self.get(field).map_or(Ok(otherwise), |value| value.as_i64().ok_or_else(|| wrong(field, value)))
    }

    /// The bytes that "data" stands for.
    pub fn data(&self) -> Result<Vec<u8>, Trouble> {
        self.bytes("data")
    }

    pub fn bytes(&self, field: &str) -> Result<Vec<u8>, Trouble> {
        self.get(field).map_or_else(|| Err(Trouble::Step(format!("there is no {:?}", field))), bytes_of)
    }

    /// Compares what came with the expectations that there are.
    pub fn compare(&self, answers: &Answers) -> Result<(), String> {
        for (field, actual) in answers {
            let expected = match self.get(field) {
                Some(expected) if matches!(*field, "data" | "previous" | "metadata") => {
                    Value::String(hex(&bytes_of(expected)?))
                }
                Some(Value::Array(expected)) if *field == "rows" => {
                    let rows: Result<Vec<Value>, Trouble> =
                        expected.iter().map(|row| Ok(hex(&bytes_of(row)?).into())).collect();
                    rows?.into()
                }
                Some(expected) => expected.clone(),
                None => continue,
            };
            if expected != *actual {
                return Err(format!("expected {} {}, got {}", field, shown(&expected), shown(actual)));
            }
        }
        Ok(())
    }
}

fn wrong(field: &str, value: &Value) -> Trouble {
    Trouble::Step(format!("{:?} cannot be {}", field, shown(value)))
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 200 {
        return text;
    }
    format!("{}... ({} characters)", text.chars().take(200).collect::<String>(), text.chars().count())
}

pub fn bytes_of(data: &Value) -> Result<Vec<u8>, Trouble> {
    let (digits, times) = match data {
        Value::String(digits) => (Some(digits.as_str()), Some(1)),
        _ => (data["repeat"].as_str(), data["times"].as_u64()),
    };
    let once = digits.and_then(unhex).ok_or_else(|| wrong("data", data))?;
    Ok(once.repeat(times.ok_or_else(|| wrong("data", data))? as usize))
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    if digits.len() % 2 != 0 || !digits.is_ascii() {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

/// Bytes as "data" writes them.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}
