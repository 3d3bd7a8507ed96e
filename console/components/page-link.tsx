import Link from '@cloudscape-design/components/link'
import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import { Words } from './words.tsx'

/** A link to another page of the console, which is shown without loading the console anew. */
export const PageLink = ({
  to,
  label,
  children,
}: {
  to: string
  /** What a screen reader says, where the words themselves do not tell where it leads. */
  label?: string
  children: ReactNode
}) => {
  const [, go] = useLocation()
  return (
    <Link
      href={to}
      {...(label !== undefined && { ariaLabel: label })}
      onFollow={event => {
        if (event.detail.external) return
        event.preventDefault()
        go(to)
      }}
    >
      <Words>{children}</Words>
    </Link>
  )
}
