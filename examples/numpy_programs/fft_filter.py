"""A signal out of noise: the spectrum, its strongest lines, and a low-pass in the time domain."""

import numpy as np

SMALL = {"samples": 64, "lines": 3}
LARGE = {"samples": 2**18, "lines": 3}


def recording(samples):
    """Three tones and a hum, as loud as the noise."""
    time = np.arange(samples) / samples
    tones = np.zeros(samples)
    for cycles, loudness in ((3, 1.0), (7, 0.7), (12, 0.4)):
        tones += loudness * np.sin(2 * np.pi * cycles * time + cycles)
    noise = np.sin(time * samples * 1.234567) * np.cos(time * samples * 2.71828)
    return time, tones, tones + 0.8 * noise


def strongest(spectrum, lines):
    """The spectrum with all but the strongest lines removed."""
    power = np.abs(spectrum) ** 2
    threshold = np.sort(power)[-lines]
    return np.where(power >= threshold, spectrum, 0)


def low_pass(signal, cutoff):
    """Frequencies above ``cutoff`` faded out by half a cosine."""
    spectrum = np.fft.rfft(signal)
    frequency = np.fft.rfftfreq(len(signal), 1 / len(signal))
    fade = np.clip((frequency - cutoff) / cutoff, 0, 1)
    spectrum *= 0.5 * (1 + np.cos(np.pi * fade))
    return np.fft.irfft(spectrum, len(signal))


def run(samples, lines):
    """Frequencies of the strongest lines, both cleaned signals, and their errors."""
    _, tones, noisy = recording(samples)
    spectrum = np.fft.rfft(noisy)
    found = strongest(spectrum, lines)
    cleaned = np.fft.irfft(found, samples)
    smooth = low_pass(noisy, 16)
    errors = [np.sqrt(np.mean((x - tones) ** 2)) for x in (noisy, smooth, cleaned)]
    return np.flatnonzero(found), cleaned, smooth, np.stack(errors)


if __name__ == "__main__":
    frequencies, _, _, errors = run(**LARGE)
    print(f"lines at {frequencies.tolist()}, errors {errors.tolist()}")
