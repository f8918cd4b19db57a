/** The library for X.509 certificates, loaded where it is used and not before. */

/**
 * The library's containers for dependencies ask at load for these functions of the proposal for metadata on decorators, which Node does not
 * have. What they would record is the types of constructors' parameters, and the library has none to be told.
 */
const METADATA = {
  getMetadata: () => undefined,
  getOwnMetadata: () => undefined,
  defineMetadata: () => undefined,
};

export async function loadX509() {
  for (const [name, value] of Object.entries(METADATA)) {
    if (!(name in Reflect)) Object.defineProperty(Reflect, name, { value, configurable: true, writable: true });
  }
  // As its default: in a bundle, a CommonJS package that is loaded late has nothing else.
  return (await import('@peculiar/x509')).default;
}
