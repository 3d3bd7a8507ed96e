import stringWidth from 'string-width'

/** A column is data: what stands above it, what stands in it, and where the numbers go. */
export interface Column<Row> {
  title: string
  /** Already safe to print (`safeText`). */
  cell: (row: Row) => string
  align?: 'right'
}

/** @returns lines without trailing spaces, the titles first; columns are two spaces apart and as wide as their widest cell */
export const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] => {
  const lines = [
    columns.map(column => column.title),
    ...rows.map(row => columns.map(column => column.cell(row))),
  ]
  const widths = columns.map((_, i) => Math.max(...lines.map(line => stringWidth(line[i] ?? ''))))
  return lines.map(line =>
    line
      .map((cell, i) => aligned(cell, widths[i] ?? 0, columns[i]?.align))
      .join('  ')
      .trimEnd(),
  )
}

/** @returns `text` filled up with spaces to `width` terminal columns */
export const aligned = (text: string, width: number, align?: 'right'): string => {
  const gap = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return align === 'right' ? gap + text : text + gap
}

/** @returns `text` cut to `width` terminal columns, with `…` where something is missing */
export const cut = (text: string, width: number): string => {
  if (stringWidth(text) <= width) return text
  let kept = ''
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break
    kept += segment
  }
  return `${kept}…`
}
