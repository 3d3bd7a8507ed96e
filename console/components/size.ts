const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** In bytes, for axes. */
export const SIZE_UNITS: readonly number[] = UNITS.map((_, power) => 1024 ** power)

/** Bytes in words with binary units, as the command line says them: `1.50 GiB`. */
export const sizeText = (bytes: number): string => {
  let [value, unit] = [bytes, 0]
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0
    ? `${value} B`
    : `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${UNITS[unit]}`
}
