import { median, spread } from '../statistics.ts'
import { type Figure, ratioOf } from './figures.ts'

export type Verdict = 'aim' | 'must' | 'MISSED' | ''

/** @returns which goal is reached */
export const verdictOf = (figure: Figure): Verdict => {
  const { goal, ours } = figure
  const value = goal?.of === 'ours' ? median(ours) : ratioOf(figure)
  if (!goal || value === undefined || Number.isNaN(value)) return ''
  const reaches = (limit: number) => (goal.kind === 'least' ? value >= limit : value <= limit)
  return reaches(goal.aim) ? 'aim' : reaches(goal.must) ? 'must' : 'MISSED'
}

const WIDTHS = [34, 20, 20, 8, 20, 8]

const row = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i] ?? 0) : cell.padStart(WIDTHS[i] ?? 0)))
    .join('')
    .trimEnd()

/** @returns the figures as lines: medians, with the spread of the rounds as a share of the median */
export const tableLines = (figures: readonly Figure[]): string[] => [
  row(['', 'xenkeep', 'restic', 'ratio', 'must / aim', '']),
  ...figures.map(figure => {
    const { name, unit, digits, ours, restic, goal } = figure
    const cell = (values: number[]) =>
      values.length === 0
        ? ''
        : `${median(values).toFixed(digits)} ${unit} ±${Math.round(spread(values) * 50)} %`
    const ratio = ratioOf(figure)
    const sign = goal?.kind === 'least' ? '≥' : '≤'
    return row([
      name,
      cell(ours),
      cell(restic),
      ratio === undefined ? '' : ratio.toFixed(2),
      goal ? `${sign} ${goal.must} / ${sign} ${goal.aim}` : '',
      verdictOf(figure),
    ])
  }),
]
