import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { useState } from 'react'
import { calendar as words } from '../../text/policies.ts'
import { PageNumbers } from '../pager.tsx'
import { Time } from '../time.tsx'
import { type CalendarPoint, KINDS, type Month, monthsOf } from './months.ts'
import './retention-calendar.css'

/** Recovery points day by day, coloured and lettered by what keeps them; the reasons stand in the list below. Loaded when it is first seen: see `lazy.tsx`. */
export const RetentionCalendar = ({
  points,
  timeZone,
}: {
  points: readonly CalendarPoint[]
  /** IANA name: whose days they are. */
  timeZone: string
}) => {
  const months = monthsOf(points, timeZone)
  if (months.length === 0) return <Box color="text-body-secondary">{words.none}</Box>
  const used = new Set(months.flatMap(({ days }) => [...days.values()].map(({ kind }) => kind)))
  return (
    <SpaceBetween size="m">
      <Box color="text-body-secondary">{words.zone(timeZone)}</Box>
      <ul className="calendar-legend" aria-label={words.legend}>
        {KINDS.filter(kind => used.has(kind)).map(kind => (
          <li key={kind}>
            <span className={`calendar-mark calendar-${kind}`} aria-hidden="true">
              {words.kinds[kind].mark}
            </span>{' '}
            {words.kinds[kind].text}
          </li>
        ))}
      </ul>
      <div className="calendar-months">
        {months.map(month => (
          <MonthTable key={month.month} month={month} />
        ))}
      </div>
      <ExpandableSection headerText={words.asList(points.length)}>
        <PointList points={points} />
      </ExpandableSection>
    </SpaceBetween>
  )
}

const monthName = (month: string): string =>
  new Intl.DateTimeFormat('en', { timeZone: 'UTC', month: 'long', year: 'numeric' }).format(
    new Date(`${month}-01T00:00:00Z`),
  )

const MonthTable = ({ month: { month, weeks, days } }: { month: Month }) => (
  <table className="calendar-month">
    <caption>{monthName(month)}</caption>
    <thead>
      <tr>
        {words.weekdays.map(weekday => (
          <th key={weekday} scope="col">
            {weekday}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {weeks.map((week, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: weeks and days of a month never move
        <tr key={index}>
          {week.map((number, weekday) => {
            const day = number === undefined ? undefined : days.get(number)
            const key = words.weekdays[weekday]
            if (!day) return <td key={key}>{number}</td>
            const { mark, text } = words.kinds[day.kind]
            return (
              <td
                key={key}
                className={`calendar-${day.kind}`}
                title={words.day(day.date, day.points, text)}
              >
                {number}
                <sup>{mark}</sup>
              </td>
            )
          })}
        </tr>
      ))}
    </tbody>
  </table>
)

const PAGE = 25

const COLUMNS: TableProps.ColumnDefinition<CalendarPoint>[] = [
  { id: 'taken', header: words.taken, cell: ({ taken }) => <Time at={taken} />, isRowHeader: true },
  { id: 'stays', header: words.stays, cell: ({ by }) => (by.length > 0 ? words.yes : words.no) },
  { id: 'why', header: words.why, cell: ({ why }) => why.join(' ') },
]

/** Newest first. */
const PointList = ({ points }: { points: readonly CalendarPoint[] }) => {
  const [page, setPage] = useState(1)
  const newest = points.toSorted((a, b) => b.taken - a.taken)
  const pages = Math.ceil(newest.length / PAGE)
  const at = Math.min(page, pages)
  return (
    <Table
      variant="embedded"
      items={newest.slice((at - 1) * PAGE, at * PAGE)}
      columnDefinitions={COLUMNS}
      wrapLines
      ariaLabels={{ tableLabel: words.label }}
      pagination={<PageNumbers page={at} pages={pages} go={setPage} />}
    />
  )
}
