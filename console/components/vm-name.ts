import { vms } from '../text/vms.ts'

/** A virtual machine may have no name, or one that nobody sees. */
export const vmNameText = (name: string, uuid: string): string =>
  name.trim() === '' ? vms.unnamed(uuid) : name
