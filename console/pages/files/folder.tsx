import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table from '@cloudscape-design/components/table'
import TextFilter from '@cloudscape-design/components/text-filter'
import { useMemo } from 'react'
import type { GuestListing } from '#core/contracts/files-answers.ts'
import { PageNumbers } from '../../components/pager.tsx'
import { files } from '../../text/files.ts'
import { type EntryDeeds, folderColumns } from './folder-columns.tsx'
import { type Column, matching, type Order, sorted } from './order.ts'
import { ShownName } from './shown-name.tsx'

const words = files.list

/** How a folder is looked at: kept for when somebody comes back to it. */
export interface FolderView {
  order: Order
  text: string
  /** Counted from 1. */
  page: number
}
export const FIRST_VIEW: FolderView = {
  order: { by: 'name', descending: false },
  text: '',
  page: 1,
}

/** Rows that a page of the table has: more would be slow to draw. */
export const ROWS = 100

/** A folder: sorted, searched and paged here, since all of it is here. */
export const Folder = ({
  name,
  contents,
  view,
  change,
  deeds,
  downloadAll,
}: {
  name: string
  contents: GuestListing
  view: FolderView
  change: (some: Partial<FolderView>) => void
  deeds: EntryDeeds
  downloadAll: { text: string; act: () => void }
}) => {
  const { order, text, page } = view
  const ordered = useMemo(() => sorted(contents.entries, order), [contents, order])
  const found = useMemo(() => matching(ordered, text), [ordered, text])
  const columns = folderColumns(deeds)
  const { closed } = deeds
  return (
    <SpaceBetween size="s">
      {contents.total > contents.entries.length && (
        <Alert type="warning">{words.cut(contents.entries.length, contents.total)}</Alert>
      )}
      <Table
        variant="container"
        items={found.slice((page - 1) * ROWS, page * ROWS)}
        columnDefinitions={columns}
        trackBy="name"
        wrapLines
        enableKeyboardNavigation
        sortingColumn={{ sortingField: order.by }}
        sortingDescending={order.descending}
        onSortingChange={({ detail }) =>
          change({
            order: {
              by: detail.sortingColumn.sortingField as Column,
              descending: detail.isDescending === true,
            },
            page: 1,
          })
        }
        ariaLabels={{ tableLabel: name }}
        header={
          <Header
            variant="h2"
            counter={`(${contents.total.toLocaleString('en')})`}
            actions={
              <Button
                iconName="download"
                {...(closed !== undefined && { disabled: true, disabledReason: closed })}
                onClick={downloadAll.act}
              >
                {downloadAll.text}
              </Button>
            }
          >
            <ShownName name={name} />
          </Header>
        }
        filter={
          <TextFilter
            filteringText={text}
            filteringPlaceholder={words.find}
            filteringAriaLabel={words.find}
            {...(text !== '' && { countText: words.matches(found.length) })}
            onChange={({ detail }) => change({ text: detail.filteringText, page: 1 })}
          />
        }
        pagination={
          <PageNumbers
            page={page}
            pages={Math.ceil(found.length / ROWS)}
            go={wanted => change({ page: wanted })}
          />
        }
        empty={
          <Box textAlign="center" padding="l">
            {text === '' ? (
              words.empty
            ) : (
              <SpaceBetween size="xs">
                <span>{words.noMatch}</span>
                <Button onClick={() => change({ text: '', page: 1 })}>{words.clear}</Button>
              </SpaceBetween>
            )}
          </Box>
        }
      />
    </SpaceBetween>
  )
}
