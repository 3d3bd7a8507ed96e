import type { Policy } from '#core/contracts/policies.ts'
import type { PolicyView, PreviewPolicyReply } from '#core/contracts/policies-api.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import type { TimeFormat } from '../output/units.ts'
import { count } from '../output/units.ts'

/** @param now ms since 1970 */
export const stateText = ({ policy, deleted }: PolicyView, now: number): string =>
  deleted
    ? 'deleted'
    : !policy.enabled
      ? 'disabled'
      : policy.pausedUntil !== undefined && policy.pausedUntil > now
        ? 'paused'
        : 'enabled'

export const showLines = (view: PolicyView, time: TimeFormat, now: number): string[] => {
  const { policy, version, changed, changedBy, nextTime, words } = view
  return [
    `${quoted(policy.name)} (${policy.policyId}), ${stateText(view, now)}`,
    ...(policy.description ? [safeText(policy.description)] : []),
    `  VMs       ${safeText(words.takes)}`,
    `  method    ${words.how}`,
    `  when      ${safeText(words.when)}${nextTime === undefined ? '' : `, next ${time(nextTime)}`}`,
    ...programLines(policy),
    `  kept      ${words.kept}`,
    ...(words.lock ? [`  lock      ${words.lock}`] : []),
    `  changed   ${time(changed)} by ${quoted(changedBy)} (version ${version})`,
  ]
}

const programLines = ({ hooks, runHooks }: Policy): string[] => {
  const programs = (around: string, of: Policy['hooks'] | Policy['runHooks']) => {
    const { before, after } = of ?? {}
    const parts = [
      ...(before ? [`${before.script} before`] : []),
      ...(after ? [`${after.script} after`] : []),
    ]
    return parts.length > 0 ? [`  programs  ${parts.join(', ')} ${around}`] : []
  }
  return [...programs('each run', runHooks), ...programs('the backup of each VM', hooks)]
}

/** VMs and points that a preview names. */
const SHOWN = 30

export const previewLines = (preview: PreviewPolicyReply, time: TimeFormat): string[] => {
  const { vms, chosen, leftOut, nextTimes, kept, cost, expiresNow, shortened, notes } = preview
  const lines = (isChosen: boolean) =>
    vms
      .filter(vm => vm.chosen === isChosen)
      .slice(0, SHOWN)
      .map(
        ({ vmName, why, alsoBy, excludedDisks }) =>
          `  ${quoted(vmName)}: ${[
            safeText(why),
            ...(alsoBy.length > 0
              ? [
                  `${isChosen ? 'Also backed' : 'Backed'} up by ${alsoBy.map(name => quoted(name)).join(', ')}.`,
                ]
              : []),
            ...(excludedDisks.length > 0
              ? [`Without the disks at ${safeText(excludedDisks.join(', '))}.`]
              : []),
          ].join(' ')}`,
      )
  const more = (total: number) => (total > SHOWN ? [`  and ${total - SHOWN} more`] : [])
  return [
    `It would back up ${count(chosen, 'VM')}${chosen > 0 ? ':' : '.'}`,
    ...lines(true),
    ...more(chosen),
    `It would leave out ${leftOut > 0 ? `${count(leftOut, 'VM')}:` : 'none.'}`,
    ...lines(false),
    ...more(leftOut),
    ...(nextTimes.length > 0 ? ['Next:', ...nextTimes.map(at => `  ${time(at)}`)] : []),
    ...(kept
      ? [
          `Of ${count(kept.made, 'point')} of each VM made until ${time(kept.at)}, ${kept.points.length} would be kept:`,
          ...kept.points
            .slice(-SHOWN)
            .map(({ taken, why }) => `  ${time(taken)}  ${safeText(why[0] ?? '')}`),
        ]
      : []),
    ...(cost
      ? [
          `On AWS it would cost about ${cost.usdPerMonth.toFixed(2)} USD a month (${cost.region}, prices of ${cost.pricesAsOf}): ${safeText(cost.basis)}`,
        ]
      : []),
    ...(shortened.length > 0
      ? [
          `Points would be kept shorter (${safeText(shortened.join('; '))}): an administrator has to save it.`,
        ]
      : []),
    ...(expiresNow ? [`${count(expiresNow, 'point')} of those that are there would expire.`] : []),
    ...notes.map(note => `Note: ${safeText(note)}`),
  ]
}
