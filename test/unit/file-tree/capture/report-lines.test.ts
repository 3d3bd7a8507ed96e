import { expect, test } from 'vitest'
import { emptyReport, tell } from '#file-tree/capture/report.ts'
import { reportLines } from '#file-tree/capture/report-lines.ts'

test('an administrator reads what was done, and what to look after', () => {
  const report = emptyReport()
  Object.assign(report, { files: 3, folders: 1, symlinks: 2, bytes: 5_000_000, excluded: 7 })
  report.kept = { files: 2, bytes: 4_000_000 }
  report.read = { files: 1, bytes: 1_000_000 }
  for (let n = 0; n < 102; n++)
    tell(
      report.unreadable,
      `etc/M\xfcll\n${n}`,
      'its data could not be read: access denied (EACCES)',
    )
  report.lacking.push('xattrs')
  const lines = reportLines(report)
  expect(lines.slice(0, 3)).toMatchInlineSnapshot(`
    [
      "3 files of 4.77 MiB in 1 folder: 1 read (977 KiB), 2 unchanged since the last point.",
      "Beside them 2 symbolic links.",
      "etc/M\\xfcll\\x0a0: its data could not be read: access denied (EACCES).",
    ]
  `)
  expect(lines.slice(-4)).toMatchInlineSnapshot(`
    [
      "etc/M\\xfcll\\x0a99: its data could not be read: access denied (EACCES).",
      "2 more of this kind.",
      "7 entries left out by the patterns.",
      "Extended attributes, access lists and capabilities are not captured on this machine.",
    ]
  `)
})

test('where all went well it is one line', () => {
  expect(reportLines({ ...emptyReport(), files: 1, folders: 1 })).toHaveLength(1)
})
