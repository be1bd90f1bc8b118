/** The package has no types of its own; what it exports is looked at where it is used. */
declare module "workerd" {
  const exported: unknown;
  export default exported;
}
