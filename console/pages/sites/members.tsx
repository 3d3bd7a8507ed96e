import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { useState } from 'react'
import type { SiteMember } from '#core/contracts/site-point.ts'
import { useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { LabelOf } from '../../components/recipe-label-of.tsx'
import { Sign } from '../../components/sign.tsx'
import { Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { listing } from '../../text/shell.ts'
import { sites, sitePoint as words } from '../../text/sites.ts'

const PAGE = 50

const COLUMNS: TableProps.ColumnDefinition<SiteMember>[] = [
  {
    ...{ id: 'member', header: words.member, isRowHeader: true, minWidth: 180 },
    cell: ({ subjectName, roles, taskId }) => (
      <>
        <Words>{subjectName}</Words>
        <Box color="text-body-secondary" fontSize="body-s">
          {roles.map(role => sites.roles[role]).join(', ')}
        </Box>
        <LabelOfTask taskId={taskId} />
      </>
    ),
  },
  {
    ...{ id: 'point', header: words.point, minWidth: 220 },
    cell: ({ point, because }) =>
      point ? (
        <>
          <Time at={point.taken} />
          <Box color="text-body-secondary" fontSize="body-s">
            {point.pointId}
          </Box>
        </>
      ) : (
        <Sign type="warning">
          {words.missing}: {because}
        </Sign>
      ),
  },
  {
    ...{ id: 'consistency', header: words.consistency, minWidth: 160 },
    cell: ({ point }) =>
      point && (
        <>
          {point.consistency}
          <Box color="text-body-secondary" fontSize="body-s">
            {point.weakerBecause}
          </Box>
        </>
      ),
  },
]

/** A component's recipe stands in the id of its task: `component:<guest>:<recipe>:<instance>`. */
const LabelOfTask = ({ taskId }: Pick<SiteMember, 'taskId'>) => {
  const [kind, guestUuid = '', recipe = ''] = taskId.split(':')
  return kind === 'component' && <LabelOf guestUuid={guestUuid} recipe={recipe} />
}

/** What a site point names, page by page. */
export const Members = ({ pointId }: { pointId: string }) => {
  const [starts, setStarts] = useState<(string | undefined)[]>([undefined])
  const after = starts.at(-1)
  const { data, error, refetch } = useCall('getSitePoint', {
    params: { pointId },
    query: { limit: PAGE, ...(after !== undefined && { after }) },
  })
  const next = data?.next
  return (
    <Table
      variant="container"
      header={
        <Header
          variant="h2"
          {...(data && { counter: `(${data.memberCount.toLocaleString('en')})` })}
        >
          {words.members}
        </Header>
      }
      ariaLabels={{ tableLabel: words.members }}
      columnDefinitions={COLUMNS}
      items={data?.members ?? []}
      trackBy="taskId"
      loading={!data && error === null}
      loadingText={listing.loading}
      wrapLines
      cellVerticalAlign="top"
      empty={
        error ? <ProblemAlert error={error} onRetry={() => void refetch()} /> : words.emptyAdvice
      }
      footer={
        (next !== undefined || starts.length > 1) && (
          <Box textAlign="center">
            <Button disabled={starts.length === 1} onClick={() => setStarts(starts.slice(0, -1))}>
              {listing.previous}
            </Button>{' '}
            <Button disabled={next === undefined} onClick={() => setStarts([...starts, next])}>
              {listing.next}
            </Button>
          </Box>
        )
      }
    />
  )
}
