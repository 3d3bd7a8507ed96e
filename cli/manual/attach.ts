import type { Command } from 'commander'
import type { Host } from '../host.ts'
import { examplesOf } from './examples.ts'
import { pages } from './pages/index.ts'
import { manualLines, WIDEST } from './text.ts'

/** As it is typed, without `xenkeep`: `points hold`. */
export const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}`.trim() : ''

/** In columns: as wide as the terminal, and as lines are still read easily. */
export const helpWidth = ({ columns = WIDEST }: { columns?: number }): number =>
  Math.min(columns, WIDEST)

/** Puts the manual below the options in the help of a command. */
export const withManual = (command: Command, { stdout }: Pick<Host, 'stdout'>): Command =>
  command.addHelpText('after', () =>
    manualLines(pages[pathOf(command)], examplesOf(command), helpWidth(stdout)).join('\n'),
  )
