import type {
  GetSitePlanReply,
  GetSitePointReply,
  PreviewSiteReply,
  SiteView,
} from '#core/contracts/sites-api.ts'
import { skewText } from '#core/points/skew-text.ts'
import { targetWords } from '#core/site/targets.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { count, type TimeFormat } from '../output/units.ts'

export const siteLines = (view: SiteView, time: TimeFormat): string[] => {
  const { site, siteId, version, changed, changedBy, policies, newest, lastRun, deleted } = view
  return [
    `${quoted(site.name)} (${siteId})${deleted ? `, deleted ${time(deleted.at)} by ${quoted(deleted.by)}` : ''}`,
    ...(site.description ? [safeText(site.description)] : []),
    ...site.components.map(componentLine),
    `  protected by  ${policies.length > 0 ? policies.map(({ name, enabled }) => `${quoted(name)}${enabled ? '' : ' (disabled)'}`).join(', ') : 'no policy: "xenkeep site backup" saves it by hand'}`,
    `  newest point  ${newest ? `${time(newest.taken)}, ${newest.state}, ${count(newest.members, 'member')} within ${skewText(newest.skewMs)} (${newest.pointId})` : 'none'}`,
    ...(newest?.reasons ?? []).map(reason => `    ${safeText(reason)}`),
    ...(lastRun
      ? [
          `  last run      ${lastRun.state}, ${time(lastRun.started)}${lastRun.line ? `: ${safeText(lastRun.line)}` : ''}`,
        ]
      : []),
    `  changed       ${time(changed)} by ${quoted(changedBy)} (version ${version})`,
  ]
}

const componentLine = (component: SiteView['site']['components'][number]): string => {
  const { name, role, recipe, protect, because } = component
  return [
    `  ${role.padEnd(13)} ${safeText(targetWords(component))}`,
    ...(name ? [` called ${quoted(name)}`] : []),
    ...(recipe ? [` by the recipe ${recipe}`] : []),
    ...(protect ? [] : [`, left out: ${safeText(because ?? '')}`]),
  ].join('')
}

const SHOWN = 40

/** Where a definition says what is odd, counted from 1. */
const componentsText = (covers: readonly number[] = []): string =>
  covers.length === 0 || covers.length > 6
    ? ''
    : ` (component${covers.length > 1 ? 's' : ''} ${covers.map(index => index + 1).join(', ')})`

export const sitePreviewLines = ({
  tasks,
  taskCount,
  skips,
  problems,
}: Omit<PreviewSiteReply, 'at'>): string[] => {
  const numbers = new Map(tasks.map(({ id }, index) => [id, index + 1]))
  return [
    ...problems.flatMap(({ level, text, advice, covers }) => [
      `${level}: ${safeText(text)}${componentsText(covers)}`,
      `  ${safeText(advice)}`,
    ]),
    `A backup would do ${count(taskCount, 'task')}${taskCount > 0 ? ', in this order' : ''}:`,
    ...tasks.slice(0, SHOWN).map(({ title, after, kind }, index) => {
      const before = after.flatMap(id => numbers.get(id) ?? [])
      const waits = before.length > 0 ? `, after ${numbersText(before)}` : ''
      return `  ${String(index + 1).padStart(3)}  ${safeText(title)} [${kind}]${waits}`
    }),
    ...(taskCount > SHOWN ? [`  and ${taskCount - SHOWN} more`] : []),
    ...(skips.length > 0 ? ['It would leave out:'] : []),
    ...skips.map(
      ({ what, reason, gap }) => `  ${gap ? 'GAP: ' : ''}${safeText(what)}: ${safeText(reason)}`,
    ),
  ]
}

const numbersText = (all: readonly number[]): string =>
  all.length > 8 ? `${all.slice(0, 8).join(', ')} and ${all.length - 8} more` : all.join(', ')

export const sitePointLines = (
  {
    point,
    state,
    reasons,
    notes,
    skew,
    members,
  }: Pick<GetSitePointReply, 'point' | 'state' | 'reasons' | 'notes' | 'skew' | 'members'>,
  time: TimeFormat,
): string[] => [
  `${quoted(point.vmName)}, ${time(point.taken)}: ${state}${skew ? `, taken within ${skewText(skew.milliseconds)}` : ''} (${point.pointId})`,
  ...reasons.map(reason => `  lacks: ${safeText(reason)}`),
  ...notes.map(note => `  note: ${safeText(note)}`),
  ...members.map(
    ({ title, point: of, because }) =>
      `  ${safeText(title)}: ${of ? `${of.pointId}, ${time(of.taken)}, ${of.consistency}` : `no point. ${safeText(because ?? '')}`}`,
  ),
]

type Step = GetSitePlanReply['steps'][number]

export const planLines = (
  { site, notes }: Pick<GetSitePlanReply, 'site' | 'notes'>,
  steps: readonly Step[],
): string[] => [
  `How ${quoted(site)} comes back, in ${count(steps.length, 'step')}:`,
  ...notes.map(note => `  note: ${safeText(note)}`),
  ...steps.flatMap((step, index) => stepLines(step, index + 1, '')),
]

/** @param state as it is told behind the title; empty where nothing was begun */
export const stepLines = (
  { title, kind, does, dangers, confirm }: Step,
  number: number,
  state: string,
): string[] => [
  `${String(number).padStart(4)}  ${safeText(title)} [${kind === 'automatic' ? 'XenKeep' : 'a person'}]${state}`,
  ...does.map(text => `        ${safeText(text)}`),
  ...dangers.map(text => `        DANGER: ${safeText(text)}`),
  ...(confirm
    ? [`        ${kind === 'manual' ? 'done when' : 'first make sure'}: ${safeText(confirm)}`]
    : []),
]
