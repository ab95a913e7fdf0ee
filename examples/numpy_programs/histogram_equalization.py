"""Contrast of a grey picture: global equalization, and stretching between percentiles."""

import numpy as np

SMALL = {"height": 16, "width": 24}
LARGE = {"height": 1024, "width": 1536}


def picture(height, width):
    """A dark scene with a bright spot, in 256 greys."""
    y, x = np.mgrid[0:height, 0:width]
    x, y = x / width, y / height
    scene = 60 + 25 * np.sin(9 * x) * np.cos(7 * y) + 12 * np.sin(40 * x * y)
    spot = 110 * np.exp(-(((x - 0.7) ** 2 + (y - 0.3) ** 2) / 0.01))
    return np.clip(np.round(scene + spot), 0, 255).astype(np.uint8)


def equalize(image):
    """Every grey about as frequent as any other."""
    counts = np.bincount(image.ravel(), minlength=256)
    cumulative = np.cumsum(counts)
    lowest = cumulative[np.argmax(counts > 0)]
    scaled = (cumulative - lowest) * 255 // np.maximum(image.size - lowest, 1)
    table = np.clip(scaled, 0, 255).astype(np.uint8)
    return table[image]


def stretch(image, low, high):
    """Greys between two percentiles spread over all."""
    bottom, top = np.percentile(image, [low, high])
    return np.clip((image - bottom) * 255.0 / (top - bottom), 0, 255)


def entropy(image):
    """Bits of information in the histogram."""
    counts, _ = np.histogram(image, bins=64, range=(0, 256))
    share = counts / counts.sum()
    share = share[share > 0]
    return -np.sum(share * np.log2(share))


def run(height, width):
    """Both pictures, and the entropies before and after."""
    image = picture(height, width)
    equalized, stretched = equalize(image), stretch(image, 2, 98)
    bits = [entropy(image), entropy(equalized), entropy(stretched)]
    return image, equalized, stretched, np.stack(bits)


if __name__ == "__main__":
    *_, bits = run(**LARGE)
    print(f"entropy {bits[0]:.3f} bits, {bits[1]:.3f} equalized, {bits[2]:.3f} stretched")
