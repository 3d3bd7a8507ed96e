import Box from '@cloudscape-design/components/box'
import Header from '@cloudscape-design/components/header'
import Pagination from '@cloudscape-design/components/pagination'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table from '@cloudscape-design/components/table'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { useTimeText } from '../../components/time.tsx'
import { restore } from '../../text/restore.ts'
import { listing } from '../../text/shell.ts'
import { POINT_COLUMNS } from './point-columns.tsx'

const words = restore.point

/** Recovery points to choose one from, newest first. */
export const PointList = ({
  vm,
  chosen,
  onChoose,
}: {
  /** UUID or exact name; of all without it. */
  vm: string | undefined
  chosen: ListedPoint | undefined
  onChoose: (point: ListedPoint) => void
}) => {
  const timeText = useTimeText()
  const pages = usePages('listPoints', vm === undefined ? {} : { vm }, { limit: PAGE })
  const failed = pages.error !== null && pages.error !== undefined
  const items = failed ? [] : (pages.items ?? [])
  return (
    <SpaceBetween size="s">
      {failed && <ProblemAlert error={pages.error} title={words.failed} onRetry={pages.retry} />}
      {chosen && (
        <Box>
          {words.chosen}: <strong>{words.choose(chosen.vmName, timeText(chosen.taken))}</strong>
        </Box>
      )}
      <Table
        variant="embedded"
        items={items}
        columnDefinitions={POINT_COLUMNS}
        trackBy="pointId"
        selectionType="single"
        selectedItems={chosen ? [chosen] : []}
        onSelectionChange={({ detail: { selectedItems } }) => {
          if (selectedItems[0]) onChoose(selectedItems[0])
        }}
        onRowClick={({ detail }) => onChoose(detail.item)}
        ariaLabels={{
          selectionGroupLabel: words.list,
          tableLabel: words.list,
          itemSelectionLabel: (_, { vmName, taken }) => words.choose(vmName, timeText(taken)),
        }}
        loading={pages.items === undefined && !failed}
        loadingText={words.loading}
        wrapLines
        cellVerticalAlign="top"
        header={<Header variant="h2">{words.list}</Header>}
        empty={
          failed ? null : (
            <Box textAlign="center" padding="m">
              <Box variant="strong">{words.empty}</Box>
              <Box color="text-body-secondary">{words.emptyAdvice}</Box>
            </Box>
          )
        }
        pagination={
          pages.page === 1 && !pages.hasNext ? null : (
            <Pagination
              currentPageIndex={pages.page}
              pagesCount={pages.hasNext ? pages.page + 1 : pages.page}
              openEnd={pages.hasNext}
              onChange={({ detail }) => pages.go(detail.currentPageIndex)}
              ariaLabels={{
                nextPageLabel: listing.next,
                previousPageLabel: listing.previous,
                pageLabel: listing.page,
              }}
            />
          )
        }
      />
    </SpaceBetween>
  )
}

const PAGE = 20
