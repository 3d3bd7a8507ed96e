const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const

/** In ms, for axes. */
export const DURATION_UNITS: readonly number[] = [1_000, 60_000, 3_600_000, 86_400_000]

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

/** How often something is due, as somebody would say it: `15 min`, `1 h`, `90 s`. */
export const rhythmText = (seconds: number): string => {
  const [unit, size] = UNITS.find(([, one]) => seconds % one === 0) ?? ['s', 1]
  return `${seconds / size} ${unit}`
}
