import type { ReactNode } from 'react'
import { useMay } from '../api/may.ts'
import { NotForRole } from '../components/not-for-role.tsx'
import type { PageRoute } from '../pages/pages.ts'

/** A page, or why the person's role does not open it. */
export const PageForRole = ({
  title,
  needs,
  children,
}: Pick<PageRoute, 'title' | 'needs'> & { children: ReactNode }) => {
  const may = useMay()
  const { disabledReason } = needs === undefined ? {} : may(needs)
  return disabledReason === undefined ? (
    children
  ) : (
    <NotForRole title={title} reason={disabledReason} />
  )
}
