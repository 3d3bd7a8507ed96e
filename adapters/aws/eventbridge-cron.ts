import { fieldText, parseCron, WEEKDAYS } from '#core/policies/cron.ts'

/**
 * Our five fields as EventBridge Scheduler takes them: a sixth for the year, `?` for the one of day-of-month and day-of-week that says nothing, weekdays
 * from 1 (Sunday) or by name, `6L` for the last Friday (EventBridge Scheduler User Guide, "Cron-based schedules").
 * @throws `POLICY_INVALID` where the expression is none
 */
export const eventBridgeCron = (text: string): string => {
  const { minutes, hours, days, months, weekdays } = parseCron(text)
  const byWeekday = weekdays !== 'all'
  const weekday =
    weekdays === 'all'
      ? '?'
      : 'nth' in weekdays
        ? `${weekdays.weekday + 1}${weekdays.nth === 'last' ? 'L' : `#${weekdays.nth}`}`
        : fieldText(weekdays, day => WEEKDAYS[day] ?? '')
  const day = byWeekday ? '?' : days === 'last' ? 'L' : fieldText(days)
  return `cron(${[fieldText(minutes), fieldText(hours), day, fieldText(months), weekday, '*'].join(' ')})`
}
