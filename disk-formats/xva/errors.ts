/** What arrived is no XVA. */
export class XvaFormatError extends Error {}

/** The archive ends before it is complete. */
export class XvaTruncatedError extends Error {}
