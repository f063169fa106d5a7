import numpy as np
import pytest

from dscnn.training.augment import HOLE, Augment, Draws, apply, draw

SHAPE = (2000, 6, 8, 3)


def still(count: int, **changed: np.ndarray) -> Draws:
    """Draws that do nothing, but for those `changed`."""
    nothing = Draws(np.zeros((count, 2), int), np.zeros(count, bool), np.zeros((count, 2), int))
    return nothing._replace(**changed)


def pictures(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 6, 8, 3), np.uint8)


def test_a_shift_by_hand() -> None:
    """Moved one row down and two columns right, an image shows its mirrored border."""
    (image,) = pictures(1)
    augment = Augment(shift=2, flip=False, cutout=0)
    (moved,) = apply(augment, image[None], still(1, shift=np.array([[1, 2]])))
    np.testing.assert_array_equal(moved[1:, 2:], image[:-1, :-2])
    np.testing.assert_array_equal(moved[0, 2:], image[1, :-2])
    np.testing.assert_array_equal(moved[1:, 1], image[:-1, 1])
    np.testing.assert_array_equal(moved[1:, 0], image[:-1, 2])


def test_a_flip_changes_left_and_right() -> None:
    """The images drawn are flipped, and no other."""
    images = pictures(2)
    flipped = apply(Augment(0, True, 0), images, still(2, flip=np.array([True, False])))
    np.testing.assert_array_equal(flipped, [images[0, :, ::-1], images[1]])


def test_a_hole_is_a_grey_square_that_may_reach_over_the_edge() -> None:
    """It has side 3 around (2, 4); around the corner a part of it is left."""
    images = np.zeros((2, 6, 8, 3), np.uint8)
    holed = apply(Augment(0, False, 3), images, still(2, cutout=np.array([[2, 4], [0, 0]])))
    assert set(np.unique(holed)) == {0, HOLE}
    assert (holed[0, 1:4, 3:6] == HOLE).all()
    assert (holed[0] == HOLE).sum() == 3 * 3 * 3
    assert (holed[1, :2, :2] == HOLE).all()
    assert (holed[1] == HOLE).sum() == 2 * 2 * 3


def test_the_images_given_stay_as_they_are() -> None:
    """They are views of the whole split."""
    images = pictures(50)
    before = images.copy()
    augment = Augment(2, True, 3)
    changed = apply(augment, images, draw(augment, images.shape, 1, 0))
    assert (changed != images).any()
    np.testing.assert_array_equal(images, before)


def test_draws_are_uniform() -> None:
    """All shifts, both sides and all centres come about equally often (five standard deviations)."""
    draws = draw(Augment(2, True, 1), SHAPE, seed=1, epoch=0)
    count = SHAPE[0]
    for values, kinds in (
        (draws.shift[:, 0], range(-2, 3)), (draws.shift[:, 1], range(-2, 3)), (draws.flip, range(2)),
        (draws.cutout[:, 0], range(6)), (draws.cutout[:, 1], range(8)),
    ):  # fmt: skip
        found = np.array([(values == kind).sum() for kind in kinds])
        assert found.sum() == count
        share = 1 / len(kinds)
        assert abs(found - count * share).max() < 5 * np.sqrt(count * share * (1 - share))


@pytest.mark.parametrize("changed", [Augment(2, False, 0), Augment(0, True, 3), Augment(2, True, 0)])
def test_one_kind_of_draw_does_not_move_another(changed: Augment) -> None:
    """Each has a stream of its own."""
    whole, part = (draw(augment, SHAPE, 1, 3) for augment in (Augment(2, True, 3), changed))
    np.testing.assert_array_equal(part.cutout, whole.cutout)
    if changed.shift:
        np.testing.assert_array_equal(part.shift, whole.shift)
    np.testing.assert_array_equal(part.flip, whole.flip if changed.flip else np.zeros(SHAPE[0], bool))


def test_each_epoch_and_seed_draws_anew() -> None:
    """The same epoch and seed draw the same again."""
    augment = Augment(2, True, 3)
    first, again, epoch, seed = (draw(augment, SHAPE, *point) for point in ((1, 0), (1, 0), (1, 1), (2, 0)))
    np.testing.assert_array_equal(first.shift, again.shift)
    for other in (epoch, seed):
        assert all((one != two).any() for one, two in zip(first, other, strict=True))


def test_kinds_of_draws_do_not_go_together() -> None:
    """A flip tells nothing of the shift or the hole, nor they of each other."""
    draws = draw(Augment(2, True, 3), (20_000, 6, 8, 3), seed=1, epoch=0)
    columns = np.column_stack([draws.shift, draws.flip, draws.cutout]).astype(float)
    assert abs(np.corrcoef(columns, rowvar=False) - np.eye(5)).max() < 5 / np.sqrt(20_000)
