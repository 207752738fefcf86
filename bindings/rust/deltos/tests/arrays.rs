//! Arrays of `ndarray`: views of storages as them, and them as content.
#![cfg(feature = "ndarray")]

mod common;

use common::change;
use deltos::*;
use ndarray::{arr2, s, Array, Array3, ArrayViewD, Axis, IxDyn};

fn stored<'c>(content: impl Into<Content<'c>>) -> Storage {
    let storage = Storage::anonymous("arrays").unwrap();
    change(&storage, |transaction| {
        let mut object = transaction.create("n", content)?;
        transaction.seal(&mut object)
    });
    storage
}

#[test]
fn arrays_of_any_layout_come_back_in_their_shape() {
    let cube = Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (100 * i + 10 * j + k) as i32);
    let mut layouts = vec![cube.view().into_dyn(), cube.t().into_dyn()];
    layouts.push(cube.slice(s![.., ..;-1, ..;2]).into_dyn());
    layouts.push(cube.slice(s![1, 1..1, ..]).into_dyn());
    layouts.push(cube.index_axis(Axis(0), 1).index_axis_move(Axis(0), 2).index_axis_move(Axis(0), 3).into_dyn());
    for layout in layouts {
        let storage = stored(&layout);
        let view = storage.object("n").unwrap().view::<i32>().unwrap();
        assert_eq!(view.as_array().unwrap(), layout);
    }
}

#[test]
fn an_array_is_the_memory_itself() {
    let storage = stored(&arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    let view = storage.object("n").unwrap().view::<f64>().unwrap();
    assert_eq!(view.as_array().unwrap().as_ptr(), view.as_ptr());
}

#[test]
fn memory_that_others_may_write_is_an_array_of_cells_only() {
    let storage = Storage::anonymous("arrays").unwrap();
    change(&storage, |transaction| transaction.create("n", &arr2(&[[1u32, 2], [3, 4]])).map(drop));
    let view = storage.object("n").unwrap().view_writable::<u32>().unwrap();
    assert_eq!(view.as_array().unwrap_err().kind(), ErrorKind::Layout);
    view.cell_array().unwrap().index_axis(Axis(1), 1).for_each(|cell| cell.store(cell.load() * 10));
    assert_eq!(view.to_vec().unwrap(), [1, 20, 3, 40]);
    let reader = storage.object("n").unwrap().view::<u32>().unwrap();
    let row = reader.cell_array().unwrap().index_axis_move(Axis(0), 1).map(|cell| cell.load());
    assert_eq!(row.into_raw_vec(), [3, 40]);
    // SAFETY: nobody else has this storage.
    let mut array = unsafe { view.raw_array_mut().unwrap().deref_into_view_mut() };
    array[[0, 0]] = 7;
    assert_eq!(reader.get(0), Some(7));
}

#[test]
fn backward_and_broadcast_memory_is_an_array_too() {
    let memory: Vec<u16> = (0..6).collect();
    let (shape, strides) = ([3i64, 2, 2], [-4i64, 2, 0]);
    // SAFETY: zero is a value of each field.
    let mut layout: sys::deltos_view = unsafe { std::mem::zeroed() };
    layout.struct_size = std::mem::size_of_val(&layout) as u32;
    (layout.ndim, layout.dtype, layout.readonly) = (3, sys::DELTOS_DTYPE_U16, 1);
    (layout.shape, layout.strides) = (shape.as_ptr(), strides.as_ptr());
    layout.data = memory[4..].as_ptr() as *mut _;
    // SAFETY: the memory outlives the view, and every element lies within it.
    let view = unsafe { AnyView::wrap(&layout, || ()) }.unwrap().typed::<u16>().unwrap();
    // SAFETY: nobody writes it.
    let array: ArrayViewD<'_, u16> = unsafe { view.raw_array().unwrap().deref_into_view() };
    assert_eq!(array.iter().copied().collect::<Vec<_>>(), view.to_vec().unwrap());
    assert_eq!(array, Array::from_shape_vec(IxDyn(&[3, 2, 2]), view.to_vec().unwrap()).unwrap());
}

#[test]
fn fields_of_structs_have_strides_that_are_not_whole_elements() {
    let memory = [0u8; 24];
    let (shape, strides) = ([2i64], [12i64]);
    // SAFETY: zero is a value of each field.
    let mut layout: sys::deltos_view = unsafe { std::mem::zeroed() };
    layout.struct_size = std::mem::size_of_val(&layout) as u32;
    (layout.ndim, layout.readonly) = (1, 1);
    layout.format = b"8s\0".as_ptr().cast();
    (layout.shape, layout.strides) = (shape.as_ptr(), strides.as_ptr());
    layout.data = memory.as_ptr() as *mut _;
    // SAFETY: the memory outlives the view, and every element lies within it.
    let view = unsafe { AnyView::wrap(&layout, || ()) }.unwrap().typed::<[u8; 8]>().unwrap();
    assert_eq!(view.raw_array().map(drop).unwrap_err().kind(), ErrorKind::Layout);
    assert_eq!(view.to_vec().unwrap(), [[0; 8]; 2]);
}
