import { styleText } from 'node:util'
import stringWidth from 'string-width'
import { speaksUnicode } from '../follow/bar.ts'
import { type Host, print, printJson } from '../host.ts'
import { aligned } from '../output/table.ts'
import { areProven, type Claim, claimRows } from './claims.ts'

/** Tells the story: to a person in words, with `--json` as one document per line while the words go to standard error. */
export interface Narrator {
  /** Opens a chapter. */
  chapter: (title: string) => void
  /** A line within it. */
  line: (text: string) => void
  claim: (claim: Claim) => void
  /**
   * The summary.
   * @param finished whether the story came to its end; a story cut short proves nothing
   * @returns whether nothing was disproved, and whether everything could be checked here
   */
  end: (facts: { seconds: number; finished: boolean }) => { proven: boolean; complete: boolean }
}

/** @param chapters how many there will be */
export const narrator = (host: Host, json: boolean, chapters: number): Narrator => {
  const out = json ? host.stderr : host.stdout
  const say = (text: string) => out.write(`${text}\n`)
  const bold = (text: string) => (out.isTTY ? styleText('bold', text) : text)
  const claims: Claim[] = []
  let chapter = 0
  return {
    chapter: title => {
      chapter += 1
      say('')
      say(bold(`[${chapter}/${chapters}] ${title}`))
      if (json) printJson(host, { event: 'chapter', chapter, chapters, title })
    },
    line: text => say(`      ${text}`),
    claim: claim => {
      claims.push(claim)
      if (json) printJson(host, { event: 'claim', ...claim })
    },
    end: ({ seconds, finished }) => {
      const complete = claims.every(claim => claim.proven !== null)
      const proven = finished && areProven(claims)
      if (json) {
        printJson(host, { event: 'ended', proven, seconds, claims })
        return { proven, complete }
      }
      if (claims.length === 0) return { proven, complete }
      const rows = claimRows(claims, speaksUnicode(host.env))
      const widths = [0, 1].map(i => Math.max(...rows.map(row => stringWidth(row[i] ?? ''))))
      print(host, '', bold('What was proven, with what was measured in this run'), '')
      for (const [mark = '', claim = '', measured = ''] of rows)
        print(
          host,
          `  ${aligned(mark, widths[0] ?? 0)}  ${aligned(claim, widths[1] ?? 0)}  ${measured}`,
        )
      return { proven, complete }
    },
  }
}
