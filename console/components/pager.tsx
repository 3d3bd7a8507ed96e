import Pagination from '@cloudscape-design/components/pagination'
import type { Pages } from '../api/use-pages.ts'
import { listing } from '../text/shell.ts'

/** The pages of a list, where it has more than one. */
export const Pager = ({ pages }: { pages: Pages<unknown> }) =>
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
