/** Why a machine could not take what is its own. Nothing that was there is changed by then. */

export type AttachErrorCode =
  | 'METADATA_UNAVAILABLE'
  | 'EC2_REFUSED'
  | 'VOLUME_NOT_FOUND'
  | 'VOLUME_AMBIGUOUS'
  | 'VOLUME_NOT_ATTACHED'
  | 'DEVICE_MISSING'
  | 'DEVICE_NOT_BLANK'
  | 'MOUNT_POINT_TAKEN'
  | 'COMMAND_FAILED'
  | 'ADDRESS_NOT_FOUND'
  | 'ADDRESS_AMBIGUOUS';

export class AttachError extends Error {
  override readonly name = 'AttachError';
  readonly code: AttachErrorCode;
  constructor(code: AttachErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
