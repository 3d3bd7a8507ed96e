import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { TableProps } from '@cloudscape-design/components/table'
import { useState } from 'react'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { PageLink } from '../../components/page-link.tsx'
import { sizeText } from '../../components/size.ts'
import { SubList } from '../../components/sub-list.tsx'
import { Time, useTimeText } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { guestPage as words } from '../../text/guests.ts'
import { points } from '../../text/vm.ts'
import { LockSign } from '../vms/lock-sign.tsx'
import { type Component, componentName } from './component.ts'

const SHOWN = 20

/** The recovery points of one component, newest first. */
export const GuestPoints = ({
  guestUuid,
  components,
}: {
  guestUuid: string
  components: readonly Component[]
}) => {
  const [chosen, choose] = useState<string>()
  const options = components.map(of => ({ value: of.componentUuid, label: componentName(of) }))
  const component = components.find(of => of.componentUuid === chosen) ?? components[0]
  const option = options.find(({ value }) => value === component?.componentUuid)
  return (
    <Container header={<Header variant="h2">{words.points}</Header>}>
      <SpaceBetween size="m">
        <Select
          inlineLabelText={words.pointsOf}
          options={options}
          selectedOption={option ?? null}
          onChange={({ detail }) => choose(detail.selectedOption.value)}
        />
        {component?.lastPoint ? (
          <PointList guestUuid={guestUuid} componentUuid={component.componentUuid} />
        ) : (
          <div>
            <Box variant="strong">{words.noPoints}</Box>
            <Box color="text-body-secondary">{words.noPointsAdvice}</Box>
          </div>
        )}
      </SpaceBetween>
    </Container>
  )
}

/** Nothing can be asked of a component that never had a point: the API knows none of that name. */
const PointList = ({ guestUuid, componentUuid }: { guestUuid: string; componentUuid: string }) => (
  <SubList
    label={words.points}
    columns={columnsOf(guestUuid)}
    idOf={({ pointId }) => pointId}
    pages={usePages('listPoints', { vm: componentUuid }, { limit: SHOWN })}
    empty={{ title: words.noPoints, advice: words.noPointsAdvice }}
  />
)

const Small = ({ children }: { children: string }) => (
  <Box color="text-body-secondary" fontSize="body-s">
    <Words>{children}</Words>
  </Box>
)

const Taken = ({ point, guestUuid }: { point: ListedPoint; guestUuid: string }) => (
  <>
    <Time at={point.taken} />
    <Small>{points.consistency[point.consistency]}</Small>
    <PageLink
      to={`/guests/${guestUuid}/restore/${point.pointId}`}
      label={words.restoreOf(useTimeText()(point.taken))}
    >
      {words.restore}
    </PageLink>
  </>
)

const columnsOf = (guestUuid: string): TableProps.ColumnDefinition<ListedPoint>[] => [
  {
    ...{ id: 'taken', header: words.taken, isRowHeader: true, minWidth: 150 },
    cell: point => <Taken point={point} guestUuid={guestUuid} />,
  },
  {
    ...{ id: 'holds', header: words.holds, minWidth: 240 },
    cell: ({ facts = [] }) => facts.map(fact => <Small key={fact}>{fact}</Small>),
  },
  {
    ...{ id: 'size', header: words.size, minWidth: 130 },
    cell: ({ bytesRead, bytesStored }) => words.sizes(sizeText(bytesRead), sizeText(bytesStored)),
  },
  {
    ...{ id: 'lock', header: words.lock, minWidth: 110 },
    cell: ({ lock, held }) => (
      <>
        <LockSign lock={lock} />
        {held !== undefined && <Small>{held}</Small>}
      </>
    ),
  },
]
