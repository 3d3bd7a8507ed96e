const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const

/** A span in words, its two largest units: `1 h 5 min`, `42 s`. */
export const durationText = (ms: number): string => {
  let seconds = Math.max(0, Math.round(ms / 1_000))
  const parts: string[] = []
  for (const [unit, size] of UNITS)
    if (seconds >= size || parts.length > 0) {
      parts.push(`${Math.floor(seconds / size)} ${unit}`)
      seconds %= size
    }
  return [...parts, `${seconds} s`].slice(0, 2).join(' ')
}
