//! Products of square matrices of doubles: divide and conquer, and Strassen's.

use crate::arithmetic::{left_factor, right_factor, weighed};
use crate::forkjoin::Fork;
use crate::measure::{timed, Answer, Request};
use std::mem::MaybeUninit;

const LEAF_SIDE: usize = 64;

/// A rectangle of a matrix that is stored row by row.
///
/// Rectangles overlap in memory though they share no element, so they are no slices. SAFETY, for every use: the matrix
/// outlives the call, the rectangle lies inside of it, and whoever writes to an element is the only one to use it then.
#[derive(Clone, Copy)]
struct Matrix {
    at: *mut f64,
    stride: usize,
}

unsafe impl Send for Matrix {}
unsafe impl Sync for Matrix {}

impl Matrix {
    unsafe fn from(self, i: usize, j: usize) -> Matrix {
        Matrix { at: self.at.add(i * self.stride + j), stride: self.stride }
    }
    unsafe fn row<'a>(self, i: usize, count: usize) -> &'a [f64] {
        std::slice::from_raw_parts(self.at.add(i * self.stride), count)
    }
    unsafe fn row_mut<'a>(self, i: usize, count: usize) -> &'a mut [f64] {
        std::slice::from_raw_parts_mut(self.at.add(i * self.stride), count)
    }
}

/// c += a * b.
unsafe fn multiply_leaf(a: Matrix, b: Matrix, c: Matrix, rows: usize, columns: usize, depth: usize) {
    for i in 0..rows {
        let to = c.row_mut(i, columns);
        for (k, &factor) in a.row(i, depth).iter().enumerate() {
            for (element, &other) in to.iter_mut().zip(b.row(k, columns)) {
                *element += factor * other;
            }
        }
    }
}

/// c += a * b, halved along the longest side. The halves of the inner side add to the same elements, and so come one
/// after the other.
#[inline(never)]
unsafe fn multiply<R: Fork>(a: Matrix, b: Matrix, c: Matrix, rows: usize, columns: usize, depth: usize) {
    let most = rows.max(columns).max(depth);
    if most <= LEAF_SIDE {
        return multiply_leaf(a, b, c, rows, columns, depth);
    }
    let half = most / 2;
    if rows == most {
        R::join(
            || multiply::<R>(a, b, c, half, columns, depth),
            || multiply::<R>(a.from(half, 0), b, c.from(half, 0), rows - half, columns, depth),
        );
    } else if columns == most {
        R::join(
            || multiply::<R>(a, b, c, rows, half, depth),
            || multiply::<R>(a, b.from(0, half), c.from(0, half), rows, columns - half, depth),
        );
    } else {
        multiply::<R>(a, b, c, rows, columns, half);
        multiply::<R>(a.from(0, half), b.from(half, 0), c, rows, columns, depth - half);
    }
}

/// to = x + sign * y.
unsafe fn combine(to: Matrix, x: Matrix, y: Matrix, sign: f64, side: usize) -> Matrix {
    for i in 0..side {
        for ((element, &x), &y) in to.row_mut(i, side).iter_mut().zip(x.row(i, side)).zip(y.row(i, side)) {
            *element = x + sign * y;
        }
    }
    to
}

/// c = a * b for sides that are powers of two.
#[inline(never)]
unsafe fn strassen<R: Fork>(a: Matrix, b: Matrix, c: Matrix, side: usize) {
    if side <= LEAF_SIDE {
        for i in 0..side {
            c.row_mut(i, side).fill(0.0);
        }
        return multiply_leaf(a, b, c, side, side, side);
    }
    let half = side / 2;
    let quarter = half * half;
    // Left as it is: each element is written before it is read.
    let mut memory: Vec<MaybeUninit<f64>> = Vec::with_capacity(17 * quarter);
    let parts = Matrix { at: memory.as_mut_ptr().cast(), stride: half };
    let part = |i: usize| Matrix { at: parts.from(0, i * quarter).at, stride: half };
    let (a11, a12, a21, a22) = (a, a.from(0, half), a.from(half, 0), a.from(half, half));
    let (b11, b12, b21, b22) = (b, b.from(0, half), b.from(half, 0), b.from(half, half));

    // Strassen (1969), in his order. Product i lies in part i, its sums in parts 7 and up.
    R::sum_over(0..7, &|i| {
        let sum = |place: usize, x: Matrix, y: Matrix, sign: f64| combine(part(place), x, y, sign, half);
        let times = |x: Matrix, y: Matrix| strassen::<R>(x, y, part(i as usize), half);
        match i {
            0 => times(sum(7, a11, a22, 1.0), sum(8, b11, b22, 1.0)),
            1 => times(sum(9, a21, a22, 1.0), b11),
            2 => times(a11, sum(10, b12, b22, -1.0)),
            3 => times(a22, sum(11, b21, b11, -1.0)),
            4 => times(sum(12, a11, a12, 1.0), b22),
            5 => times(sum(13, a21, a11, -1.0), sum(14, b11, b12, 1.0)),
            _ => times(sum(15, a12, a22, -1.0), sum(16, b21, b22, 1.0)),
        }
        0
    });
    for i in 0..half {
        let product = |number: usize| part(number - 1).row(i, half);
        let (p1, p2, p3, p4) = (product(1), product(2), product(3), product(4));
        let (p5, p6, p7) = (product(5), product(6), product(7));
        let (upper_left, upper_right) = c.row_mut(i, side).split_at_mut(half);
        let (lower_left, lower_right) = c.row_mut(half + i, side).split_at_mut(half);
        for j in 0..half {
            upper_left[j] = p1[j] + p4[j] - p5[j] + p7[j];
            upper_right[j] = p3[j] + p5[j];
            lower_left[j] = p2[j] + p4[j];
            lower_right[j] = p1[j] - p2[j] + p3[j] + p6[j];
        }
    }
}

fn product_family(request: Request, multiply: impl FnOnce(Matrix, Matrix, Matrix, usize)) -> Answer {
    let side = request.size as usize;
    let fill = |element: fn(usize, usize) -> f64| -> Vec<f64> {
        (0..side * side).map(|at| element(at / side, at % side)).collect()
    };
    let (mut a, mut b) = (fill(left_factor), fill(right_factor));
    let mut c = fill(|_, _| 0.0);
    let whole = |elements: &mut Vec<f64>| Matrix { at: elements.as_mut_ptr(), stride: side };
    let (left, right, result) = (whole(&mut a), whole(&mut b), whole(&mut c));
    let mut answer = timed(|| {
        multiply(left, right, result, side);
        0
    });
    for (at, &element) in c.iter().enumerate() {
        answer.result = answer.result.wrapping_add(weighed(element, at / side, at % side));
    }
    answer
}

pub fn matmul_family<R: Fork>(request: Request) -> Answer {
    product_family(request, |a, b, c, side| {
        // SAFETY: the three matrices are whole and different ones.
        R::root(|| unsafe { multiply::<R>(a, b, c, side, side, side) })
    })
}

pub fn strassen_family<R: Fork>(request: Request) -> Answer {
    product_family(request, |a, b, c, side| {
        // SAFETY: the three matrices are whole and different ones.
        R::root(|| unsafe { strassen::<R>(a, b, c, side) })
    })
}
