import { XapiError } from '../xapi/errors.ts'

/**
 * What a VHD or raw stream reports: errors XAPI raised itself stay, anything that went wrong in the tool that moves the
 * bytes (a damaged image, a wrong length, a client that left) is VDI_IO_ERROR.
 */
export async function asDeviceErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof XapiError) throw error
    throw new XapiError('VDI_IO_ERROR', 'Device I/O errors')
  }
}
