const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** @returns bytes in binary units with three significant digits: `0 B`, `1.50 KiB`, `37.2 GiB`, `512 MiB` */
export const formatBytes = (bytes: number): string => {
  let value = bytes
  let unit = 0
  // 1023.5 would be printed as 1024: go up a unit before that.
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  if (unit === 0) return `${Math.round(value)} B`
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}
