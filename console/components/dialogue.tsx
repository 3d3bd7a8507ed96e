import Modal, { type ModalProps } from '@cloudscape-design/components/modal'
import { useEffect, useState } from 'react'
import { shell } from '../text/shell.ts'

/** A modal dialogue, there as long as it is rendered. When it goes, the keyboard is back at what opened it. */
export const Dialogue = ({
  title,
  onClose,
  ...modal
}: Pick<ModalProps, 'children' | 'footer' | 'size'> & {
  title: string
  /** Left out where it stays until something is done. */
  onClose?: () => void
}) => {
  useReturnFocus()
  return (
    <Modal visible header={title} closeAriaLabel={shell.close} onDismiss={onClose} {...modal} />
  )
}

/** Cloudscape does so only where no field of the dialogue asks for the keyboard itself. */
const useReturnFocus = (): void => {
  const [opener] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    },
    [opener],
  )
}
