import type { OpenProblem, OverviewView, Place, Standing } from '#core/contracts/overview-api.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { count } from '../output/units.ts'

/** `xenkeep overview`. JSON: `{"overview":OverviewView}`. */
export const overviewCommand = (program: Program) =>
  newCommand(
    'overview',
    'how everything stands: protected, failed, locked, restorable, cost; open problems and what to do',
    [
      'xenkeep overview',
      "xenkeep overview --json | jq -r '.overview.problems[].text'   # for a monitor",
    ],
  ).action(
    action(program, async session => {
      const overview = await session.client.call('getOverview')
      answer(session, { overview }, () => overviewLines(overview, session.host))
      return ExitCode.ok
    }),
  )

const QUESTIONS = {
  protected: 'protected ',
  failed: 'failed    ',
  locked: 'locked    ',
  restorable: 'restorable',
  cost: 'cost      ',
} as const

const SIGNS: Record<Standing, string> = {
  good: 'good   ',
  info: 'to know',
  warning: 'LOOK   ',
  bad: 'ACT    ',
}

export const overviewLines = (
  { answers, problems, moreProblems, runs, next, vms, at }: OverviewView,
  { time }: Pick<Host, 'time'>,
): string[] => [
  ...(Object.keys(QUESTIONS) as (keyof typeof QUESTIONS)[]).map(
    question =>
      `${QUESTIONS[question]}  ${SIGNS[answers[question].standing]}  ${safeText(answers[question].text)}`,
  ),
  '',
  ...(problems.length === 0 ? ['There is no open problem.'] : ['Open problems:']),
  ...problems.flatMap(problem => problemLines(problem, time)),
  ...(moreProblems > 0 ? [`  and ${moreProblems.toLocaleString('en')} more`] : []),
  '',
  runsLine(runs),
  ...(next.length === 0
    ? ['No policy runs by itself.']
    : [
        `Next: ${next
          .slice(0, 3)
          .map(({ policyName, at: when }) => `${safeText(policyName)} ${time(when)}`)
          .join(', ')}`,
      ]),
  ...(vms.asOf < at ? [`The virtual machines were looked at ${time(vms.asOf)}.`] : []),
]

const problemLines = (
  { standing, text, since, advice, go }: OpenProblem,
  time: Host['time'],
): string[] => [
  `  ${SIGNS[standing]}  ${safeText(text)}${since === undefined ? '' : ` (since ${time(since)})`}`,
  `           ${advice === undefined ? '' : `${safeText(advice)} `}${commandOf(go)}`,
]

/** What shows more of it, or does something about it. */
const commandOf = ({ to, id }: Place): string => {
  switch (to) {
    case 'run':
      return `xenkeep runs ${id ?? ''}`
    case 'policy':
      return `xenkeep policies show ${id ?? ''}`
    case 'policies':
      return 'xenkeep policies list'
    case 'vms':
      return 'xenkeep vms'
    case 'unprotected-vms':
      return 'xenkeep vms --unprotected'
    case 'unusual-vms':
      return 'xenkeep vms --unusual'
    case 'gateways':
      return 'xenkeep gateways'
    case 'repository':
      return 'xenkeep repository'
    case 'notifications':
      return 'xenkeep channels list'
    case 'replica':
      return `xenkeep replicas ${id ?? ''}`
    case 'region':
      return 'xenkeep region'
  }
}

const runsLine = (runs: OverviewView['runs']): string => {
  const { running, waiting, succeeded, warning, failed, cancelled, more } = runs
  const told = Object.entries({
    'went well': succeeded,
    'went well in parts': warning,
    failed,
    cancelled,
    running,
    'waiting for approval': waiting,
  }).flatMap(([what, n]) => (n > 0 ? [`${n.toLocaleString('en')} ${what}`] : []))
  const all = running + waiting + succeeded + warning + failed + cancelled
  return `Last 24 hours: ${more ? 'more than ' : ''}${count(all, 'run')}${told.length > 0 ? `: ${told.join(', ')}` : ''}`
}
