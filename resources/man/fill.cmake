# Puts the commands that PROGRAM describes, its version and the date into the manual page INPUT, and writes OUTPUT.
execute_process(COMMAND ${PROGRAM} __manual OUTPUT_VARIABLE commands COMMAND_ERROR_IS_FATAL ANY)
string(STRIP "${commands}" commands)
configure_file(${INPUT} ${OUTPUT} @ONLY)
