import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import type { ReactNode } from 'react'
import { shell } from '../text/shell.ts'
import { Dialogue } from './dialogue.tsx'

/** Something to read, such as a secret that is shown once. */
export const CloseModal = ({
  title,
  onClose,
  children,
  size,
}: {
  title: string
  onClose: () => void
  children: ReactNode
  size?: 'large'
}) => (
  <Dialogue
    title={title}
    onClose={onClose}
    {...(size && { size })}
    footer={
      <Box float="right">
        <Button variant="primary" onClick={onClose}>
          {shell.close}
        </Button>
      </Box>
    }
  >
    {children}
  </Dialogue>
)
