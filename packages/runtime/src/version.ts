/** The version of all our programs: they are released together. */
export const version = '0.1.0'
